"""The WeChat API for third-party platforms: client, domains, verdicts and tokens. A plain library."""
