"""Where the calls for one Mini Program go, by their names."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PATHS: Mapping[str, str] = MappingProxyType(
    {
        "modify_domain": "/wxa/modify_domain",
        "get_effective_domain": "/wxa/get_effective_domain",
        "setwebviewdomain": "/wxa/setwebviewdomain",
        "get_effective_webviewdomain": "/wxa/get_effective_webviewdomain",
        "commit": "/wxa/commit",
        "getversioninfo": "/wxa/getversioninfo",
        "get_code_privacy_info": "/wxa/security/get_code_privacy_info",
        "submit_audit": "/wxa/submit_audit",
        "get_latest_auditstatus": "/wxa/get_latest_auditstatus",
        "get_auditstatus": "/wxa/get_auditstatus",
        "get_material": "/cgi-bin/material/get_material",
        "undocodeaudit": "/wxa/undocodeaudit",
        "speedupaudit": "/wxa/speedupaudit",
        "queryquota": "/wxa/queryquota",
        "release": "/wxa/release",
        "revertcoderelease": "/wxa/revertcoderelease",
        "grayrelease": "/wxa/grayrelease",
        "getgrayreleaseplan": "/wxa/getgrayreleaseplan",
        "revertgrayrelease": "/wxa/revertgrayrelease",
        "getvisitstatus": "/wxa/getvisitstatus",
        "change_visitstatus": "/wxa/change_visitstatus",
        "get_icp_entrance_info": "/wxa/icp/get_icp_entrance_info",
        "quota": "/cgi-bin/openapi/quota/get",
    }
)
