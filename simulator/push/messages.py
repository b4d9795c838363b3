"""What the pushes say: XML, as the documents show it."""

from dataclasses import dataclass, field

#: By the status of an audit.
AUDIT_EVENTS = {0: "weapp_audit_success", 1: "weapp_audit_fail", 4: "weapp_audit_delay"}
#: Those that go to the URL of authorization events; all others are events of a Mini Program.
OF_PLATFORM = ("component_verify_ticket", "authorized", "updateauthorized", "unauthorized")
TICKET = OF_PLATFORM[0]


#: And the name of the time in it.
_TIMES = {0: "SuccTime", 1: "FailTime", 4: "DelayTime"}


@dataclass(slots=True, frozen=True)
class Push:
    """One to be sent: its kind, the Mini Program, and fields beside those that every push of the kind has."""

    kind: str
    appid: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Give the path that the console names for this kind."""
        return "/wechat/authorization" if self.kind in OF_PLATFORM else f"/wechat/messages/{self.appid}"

    def xml(self, platform: str, now: int) -> bytes:
        """Give the message, before it is encrypted."""
        if self.kind in OF_PLATFORM:
            head = {"AppId": platform, "CreateTime": str(now), "InfoType": self.kind}
            head |= {"AuthorizerAppid": self.appid} if self.appid else {}
        else:
            head = {"ToUserName": _gh(self.appid), "FromUserName": "o_wechat", "CreateTime": str(now)}
            head |= {"MsgType": "event", "Event": self.kind}
        return document({**head, **self.fields})


def audit_fields(status: int, now: int, reason: str, screenshot: str) -> dict[str, str]:
    """Say what an audit's event says of it: neither version nor id, and screenshots where there are some."""
    fields = {_TIMES[status]: str(now)}
    if status != 0 and reason:
        fields["Reason"] = reason
    if status == 1 and screenshot:
        fields["ScreenShot"] = screenshot
    return fields


def document(fields: dict[str, str]) -> bytes:
    """Write fields as WeChat does: digits as they are, texts as CDATA."""
    lines = (
        f"<{name}>{value if value.isdigit() else f'<![CDATA[{value}]]>'}</{name}>"
        for name, value in fields.items()
    )
    return f"<xml>{''.join(lines)}</xml>".encode()


def outer(push: Push, platform: str, text: str) -> bytes:
    """Write the body that is sent: what is encrypted, and to whom it goes."""
    to = {"AppId": platform} if push.kind in OF_PLATFORM else {"ToUserName": _gh(push.appid)}
    return document({**to, "Encrypt": text})


def _gh(appid: str) -> str:
    return f"gh_{appid.removeprefix('wx')[-12:]}"
