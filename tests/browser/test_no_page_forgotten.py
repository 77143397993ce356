"""Every address is looked at by axe, or stands here with the reason why not."""

import re

from django.urls import URLResolver, get_resolver, resolve

from .pages import PUBLIC, STAFF, TALK

# What has an address and is not a page, or is a page seen in a test of its own rather than in a table of `pages.py`.
NOT_PAGES = {
    "account_reauthenticate",
    "agenda_feed",
    "campaigns:sheet",
    "look",
    "logo",
    "specimen",
    "robots",
    "sitemap",
    "health_ready",
    "communes",
    "talk_news",
    "talk_wait",
    "desk_news",
    "inbox_list",
    "search_suggestions",
    "waiting",
    "wall_figures",
    "alarm_list",
    "inbound_letter",
    "own_calendar",
    "own_session_calendar",
    "own_room",
    "desk_room",
    "desk_calendar",
    "orientation_calendar",
    "partner_link_calendar",
    "presence",
    "draft",
    "webhook_discord",
    "webhook_discord_account",
    "webhook_email",
    "webhook_sms_secret",
    "webhook_sms_signed",
    "webhook_sms_account",
    "studio_progress",
    "studio_srt",
    "studio_vtt",
    "studio_proof",
    "studio_network_copy",
    "campaigns:qr",
    "insights:export",
    "insights:export_xlsx",
    "mfa_download_recovery_codes",
    "mfa_login_webauthn",
}
FORMS_ONLY = {
    "campaigns:rehearse_table_again",
    "campaigns:confirm_table",
    "campaigns:forget_table",
    "open_site",
    "default_site",
    "confirm_channel_account",
    "drop_channel_account",
    "end_channel_account",
    "new_webhook_secret",
    "try_channel_account",
    "close_days",
    "reopen_days",
    "studio_send",
    "studio_piece",
    "studio_forget",
    "studio_version",
    "studio_move",
    "studio_proofread",
    "studio_mistake",
    "studio_consent_withdraw",
    "studio_copy",
    "studio_copy_down",
    "question_take_back",
    "moderate_question_do",
    "moderate_answer_do",
    "keep_story",
    "react",
    "choose_preferences",
    "forget_preferences",
    "follow_occupation",
    "write",
    "leave",
    "change_code",
    "claim",
    "release",
    "reply",
    "close",
    "callback_done",
    "leave_unreached",
    "send_again",
    "leave_letter",
    "send_ticked",
    "run_job",
    "forget_table",
    "confirm_table",
    "rehearse_table_again",
    "look_again",
    "invite",
    "add_organisation",
    "withdraw_invitation",
    "note",
    "settle",
    "reassign",
    "canned_check",
    "end_absence",
    "alarm_seen",
    "alarm_group_false",
    "alarm_group_again",
    "staff_situation",
    "lift_stop",
    "revoke_check",
    "appointment_cancel",
    "danger_ajouter",
    "danger_close",
    "danger_decider",
    "danger_relire",
    "danger_transmis",
    "decide_on_offer",
    "approve_account",
    "change_roles",
    "deactivate_account",
    "reopen_account",
    "confirm_right",
    "drop_right",
    "close_device",
    "close_other_devices",
    "close_sessions",
}
# « report_answer » is the page of « report_question » about another text; « why » and « danger_why » stand before other pages;
# « danger_open » opens from a desk.
ELSEWHERE = {
    "report_answer",
    "why",
    "danger_why",
    "danger_open",
    "mfa_authenticate",
    "mfa_activate_totp",
    "mfa_view_recovery_codes",
    "account_change_password",
}
# Closed by accounts.middleware, or only with a key that Chromium cannot hold.
UNREACHABLE = {
    "account_email",
    "account_set_password",
    "account_confirm_login_code",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
    "mfa_reauthenticate_webauthn",
}


def test_no_page_is_forgotten(states):
    """A new address is one line in a table above, or here with the reason why not."""
    unknown = "00000000-0000-4000-8000-000000000000"
    seen = set()
    for address in [*PUBLIC, *(address for _, address in TALK), *(address for _, address in STAFF)]:
        path = re.sub(
            r"{\w+\.(link|follow)}",
            lambda match: "/pro/invitation/x" if "invitation" in match[0] else "/orientation/x",
            address,
        )
        path = re.sub(r"{[\w-]+\.(told|news)}", "/nouvelles/x", path)
        path = re.sub(r"{[\w-]+\.organisation}", unknown, path)
        path = re.sub(r"{(catalogue|named|line)\.\w+}", "1", path)
        path = re.sub(r"{[\w-]+\.\w+}", unknown, path).partition("?")[0]
        if path != "/nulle-part":
            seen.add(resolve(path).view_name)
    names = {name for name in every_name(get_resolver()) if not name.startswith("api:")}
    assert names - seen - NOT_PAGES - FORMS_ONLY - ELSEWHERE - UNREACHABLE == set()


def every_name(resolver, prefix: str = ""):
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from every_name(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)
        elif pattern.name:
            yield prefix + pattern.name
