"""Errcodes of code: commit, submit_audit and the reads around them.

Source: wechat-api.md §4 (commit), §5 (submit_audit), §6 (the reads; 89401 is speedupaudit's), wechat-live.md B6 (privacy guide,
order-centre path); WeChat's pages under miniprogram-management/code-management.
"""

from __future__ import annotations

from wechat.errcodes.row import (
    Errcode,
    QuotaReset,
    Verdict,
    bad_request,
    block,
    bug,
    platform,
    quota,
    retry,
    unknown,
    wait,
)

_PENALTY_REMEDY = "Read the penalty in the third-party platform console, clear it with WeChat support, then: mprelease resume --platform."
_BUSY_REMEDY = (
    "See that no other system works on this Mini Program, wait some minutes, then resume the release."
)

ROWS: tuple[Errcode, ...] = (
    unknown(-60005, "listed by commit without a text"),
    wait(
        61039,
        "privacy scan of the committed code still running",
        "It takes far longer than the minute that is usual: ask WeChat support with the rid. Do not commit again, "
        "that restarts it. Once get_code_privacy_info answers errcode 0, resume the release.",
        waiting="WeChat is asked again until its scan of the code has ended, usually within some minutes. "
        "Do not commit by other means meanwhile, that restarts the scan.",
    ),
    block(
        61040,
        "privacy API without permission, or used and not declared",
        "See get_code_privacy_info: apply for the APIs named and complete the privacy guide, then resume the "
        "release; unused ones: cancel, enqueue with privacy_api_not_use.",
    ),
    block(
        61041,
        "no order-centre path set",
        "Set the order-centre path of the Mini Program (applysetorderpathinfo), then resume the release.",
    ),
    bad_request(80066, "plugin version not allowed", "Name a plugin version that is online."),
    bad_request(80067, "plugin not found", "Correct the plugin's appid, or take the plugin out."),
    block(
        80082,
        "no right to use the plugin",
        "Have the merchant add the plugin in the Mini Program console, then resume the release.",
    ),
    bad_request(
        85006, "tag in item_list malformed", "Use at most 10 tags of 20 characters, split by spaces."
    ),
    bad_request(85007, "page path in item_list wrong", "Take address from what get_page lists."),
    block(
        85008,
        "no approved category",
        "Have the merchant add a service category in the Mini Program console and get it approved, "
        "then resume the release.",
    ),
    Errcode(
        85009,
        "a version is under audit already",
        "Wait for the running audit of the other version, or withdraw it (undocodeaudit, 5 a day and 10 a "
        "month), then resume the release.",
        Verdict.ADOPT,
    ),
    bad_request(85010, "entry in item_list incomplete", "Fill every entry's category names and ids."),
    bad_request(85011, "title in item_list malformed", "Use a title of at most 32 characters."),
    block(
        85012,
        "audit id invalid",
        "Look up the Mini Program's last audit in the console: withdraw it if it is not wanted, "
        "then resume the release.",
    ),
    bad_request(85013, "ext_json invalid, or a path in it is", "Correct ext; pages must be in the template."),
    bad_request(85014, "template does not exist", "Take the template_id from gettemplatelist."),
    bad_request(85023, "item_list must have 1 to 5 entries", "Give 1 to 5 entries, or no item_list."),
    bad_request(85043, "template broken", "Add the draft to the template library anew, use the new id."),
    bad_request(85044, "code package too large", "Shrink the template (2 MB a package, 20 MB in all)."),
    bad_request(85045, "path in ext_json not in the template", "Correct the paths in ext."),
    bad_request(85046, "tabBar entry without a path", "Give every entry of tabBar in ext its pagePath."),
    bad_request(85047, "pages empty", "List at least one page in ext, or leave pages out."),
    bad_request(85048, "ext_json not readable", "Correct ext to match the ext.json of WeChat's docs."),
    bad_request(85051, "version_desc or preview_info too big", "Shorten version_desc, send fewer media."),
    block(
        85058,
        "no valid audit: nothing was ever submitted",
        "See in the console what was submitted, then resume the release.",
    ),
    block(
        85077,
        "Mini Program's category withdrawn by WeChat",
        "Have the merchant choose another service category in the Mini Program console, "
        "then resume the release.",
    ),
    # A monthly pool, but one that WeChat can top up any day: looking again daily finds that out.
    quota(
        85085,
        "provider's audit submissions of this month used up",
        "Submissions are tried again daily, and commits go on. To be quicker, ask for a temporary quota in WeChat's "
        "Mini Program 小程序服务商助手, then: mprelease resume --platform.",
        reset=QuotaReset.DAY,
        of_submissions=True,
    ),
    bug(
        85086,
        "submitted before any commit",
        "Check that nobody removed the trial version and report a bug with the rid; then resume the release.",
    ),
    bad_request(
        85087,
        "navigateToMiniProgram used without an appid list",
        "Declare the target appids in the template's app.json or in ext.",
    ),
    retry(85090, "Mini Program not ready for a commit yet", _BUSY_REMEDY),
    bad_request(
        85092, "preview_info malformed, or its media expired", "Upload the media anew (they last 3 days)."
    ),
    bad_request(85093, "too many media in preview_info", "Send fewer pictures and videos."),
    bad_request(85094, "statement on user content missing", "Add ugc_declare to audit."),
    bad_request(85310, "requiredPrivateInfos: wrong name or format", "Correct requiredPrivateInfos in ext."),
    bad_request(
        85311, "requiredPrivateInfos: names exclude each other", "Keep only one of those APIs in ext."
    ),
    block(
        85312,
        "requiredPrivateInfos: API not granted",
        "Have the merchant apply for the location API in the Mini Program console, then resume the release.",
    ),
    block(
        86000,
        "only a third-party platform may call this",
        "Check that the Mini Program is authorised to this platform, and have the merchant authorise again if "
        "not, then resume the release.",
    ),
    block(
        86001,
        "no code committed by a third-party platform",
        "Look in the console who replaced or removed the trial version, "
        "then resume the release, or cancel and enqueue it anew to commit again.",
    ),
    block(
        86002,
        "Mini Program lacks name, avatar or intro",
        "Have the merchant complete the Mini Program's name, avatar and introduction, "
        "then resume the release.",
    ),
    block(
        86007,
        "Mini Program barred from submitting",
        "Have the merchant read the notice in the Mini Program console and clear it, "
        "then resume the release.",
    ),
    platform(86008, "provider punished: no submissions at all", _PENALTY_REMEDY),
    platform(86009, "provider punished: no first submissions", _PENALTY_REMEDY),
    platform(86010, "provider punished: no further versions", _PENALTY_REMEDY),
    unknown(86011, "tied to trial Mini Programs by some SDKs, meaning not confirmed"),
    unknown(86012, "tied to trial Mini Programs by some SDKs, meaning not confirmed"),
    block(
        86020,
        "name still that of a trial Mini Program",
        "Have the merchant give the Mini Program a name without 试用 (trial), then resume the release.",
    ),
    bug(
        86071,
        "privacy_ver invalid",
        "Send privacy_ver 1 (live) or 2 (draft) with setprivacysetting and getprivacysetting.",
    ),
    block(
        86074,
        "no live privacy guide yet",
        "Set the draft (setprivacysetting with privacy_ver 2): it holds from an audit and a release on. "
        "Then resume the release.",
    ),
    block(
        87006, "mini games cannot be released this way", "Cancel the release: no resume can help a mini game."
    ),
    retry(89401, "system unstable", "Wait some minutes, then resume the release."),
    block(
        9400001,
        "development Mini Program with a live-streaming right",
        "Have the live-streaming right of this Mini Program given up or its account changed to a regular one, "
        "then resume the release.",
    ),
    # WeChat's staff advise to wait a minute before the call is repeated.
    retry(9402202, "another operation on this Mini Program is running", _BUSY_REMEDY, slow=True),
    bad_request(
        9402203,
        "standard template with ext_json keys it does not take",
        "Keep only extAppid, ext and window in ext, or use a template of your own.",
    ),
)
