"""Who opens which address of the answer line: agenda, coaching, handovers, safeguarding."""

from uuid import uuid4

from .of_accounts import (
    aside,
    letter,
    organisation_of,
    unreadable,
)
from .of_content import (
    structure,
)
from .of_line import (
    absence,
    alarm_group,
    appointment,
    canned_reply,
    closure,
    colleague,
    conversation,
    danger_file,
    desk_team,
    expected,
    group_session,
    handover,
    line_of,
    meeting_place,
    partner_appointment,
)
from .rows import DECIDE, detail, only, public

LINE_STAFF = {"mediator": "own same", "supervisor": "own same"}


# A volunteer holds what these rows are about, of somebody whose age nobody knows, without a check: it does not exist for them.
WITH_VOLUNTEERS = LINE_STAFF | {"volunteer": ""}


READS_DANGER = {"mediator": "own", "supervisor": "own same"}


LINE = {
    # agenda
    "agenda": only("mediator", "supervisor"),
    "agenda_feed": public(404, secret="inconnu"),
    "sessions": only("mediator", "supervisor"),
    "new_session": only("mediator", "supervisor"),
    "session": detail(group_session, **LINE_STAFF),
    "change_session": detail(group_session, **LINE_STAFF),
    "video_patterns": only("supervisor", "administrator", ok=(200, 302)),
    "video_pattern": detail(organisation_of, **DECIDE),
    "places": only("supervisor", "administrator"),
    "new_place": only("supervisor", "administrator"),
    "place": detail(meeting_place, **DECIDE),
    # coaching, the young person's side
    "talk": public(),
    "write": public(302, post=True),
    "talk_news": public(302),
    "talk_wait": public(302),
    "resume": public(),
    "leave": public(302, post=True),
    "change_code": public(302, post=True),
    "callback": public(302),
    "guide": public(),
    "situation": public(302),
    "own_age": public(302),
    "own_data": public(302),
    "erase": public(302),
    "erased": public(),
    "private_link": public(404, secret="inconnu"),
    "no_more": public(404, secret="inconnu"),
    "talk_question": public(404, secret="inconnu"),
    # coaching, the desk
    "inbox": only("mediator", "volunteer", "supervisor"),
    "inbox_list": only("mediator", "volunteer", "supervisor"),
    "desk": detail(conversation, **WITH_VOLUNTEERS),
    "desk_news": detail(conversation, mediator="", supervisor="", volunteer=""),
    "alarm_list": detail(conversation, mediator="", supervisor="", volunteer=""),
    "staff_situation": detail(conversation, post=True, **LINE_STAFF),
    "why": detail(conversation, post=True, **WITH_VOLUNTEERS),
    "claim": detail(conversation, post=True, **WITH_VOLUNTEERS),
    "release": detail(conversation, post=True, **WITH_VOLUNTEERS),
    "reply": detail(conversation, post=True, **WITH_VOLUNTEERS),
    "close": detail(conversation, post=True, **WITH_VOLUNTEERS),
    "leave_unreached": detail(conversation, post=True, mediator="", volunteer="", supervisor=""),
    "callback_done": detail(conversation, post=True, **WITH_VOLUNTEERS),
    "beside": only("mediator", "volunteer", "supervisor"),
    "find": only("mediator", "volunteer", "supervisor"),
    "presence": only("mediator", "volunteer", "supervisor", post=True),
    "mentions": only("mediator", "volunteer", "supervisor"),
    "draft": detail(conversation, post=True, mediator="", volunteer="", supervisor=""),
    "note": detail(conversation, post=True, mediator="", volunteer="", supervisor=""),
    "transfer": detail(conversation, ok=(200, 302), **WITH_VOLUNTEERS),
    "pass_on": detail(conversation, ok=(200, 302), **LINE_STAFF),
    "replies": only("mediator", "volunteer", "supervisor"),
    "new_canned_reply": only("mediator", "volunteer", "supervisor"),
    "canned_reply": detail(canned_reply, mediator="own same", volunteer="own same", supervisor="own same"),
    "canned_check": detail(canned_reply, post=True, mediator="own same", volunteer="own same", supervisor="own same"),
    "absences": only("mediator", "volunteer", "supervisor"),
    "end_absence": detail(absence, post=True, mediator="own", volunteer="own", supervisor="own same"),
    # coaching, the wall of the line
    "wall": only("supervisor"),
    "wall_figures": only("supervisor"),
    "force_line": detail(line_of, supervisor="own same"),
    "lines": only("supervisor", "administrator"),
    "new_line": only("supervisor", ok=(200, 302)),
    "line_settings": detail(line_of, supervisor="own same"),
    "close_days": detail(line_of, post=True, supervisor="own same"),
    "reopen_days": detail(closure, post=True, supervisor="own same"),
    "reassign": detail(conversation, post=True, supervisor="own same"),
    "give_load": detail(colleague, supervisor="own same"),
    "desk_teams": only("supervisor"),
    "new_desk_team": only("supervisor"),
    "desk_team": detail(desk_team, supervisor="own same"),
    "merge": detail(conversation, ok=(302,), **LINE_STAFF),
    # handovers: the person, the partner, the team
    "agreement": public(302, pk=uuid4()),
    "receipt": public(302, pk=uuid4()),
    "joint_thread": public(302, pk=uuid4()),
    "appointment": public(302, proposal=uuid4()),
    "appointment_cancel": public(302, post=True, pk=uuid4()),
    "own_calendar": public(302, pk=uuid4()),
    "own_room": public(302, pk=uuid4()),
    "own_session": public(302, pk=uuid4()),
    "own_session_calendar": public(302, pk=uuid4()),
    "news_choice": public(302),
    "news": public(404, secret="inconnu"),
    "partner_link_calendar": public(404, secret="inconnu", number=uuid4()),
    "partner_link": public(404, secret="inconnu"),
    "orientations": only("partner"),
    "orientation": detail(handover, partner="own"),
    "orientation_calendar": detail(partner_appointment, partner="own"),
    "hand_over": detail(conversation, ok=(200, 302), **LINE_STAFF),
    "follow": detail(conversation, ok=(200, 302), **LINE_STAFF),
    "propose_slots": detail(conversation, ok=(200, 302), **LINE_STAFF),
    "propose_session": detail(conversation, ok=(200, 302), **LINE_STAFF),
    "settle": detail(appointment, post=True, **LINE_STAFF),
    "desk_calendar": detail(appointment, ok=(200, 302), **LINE_STAFF),
    "desk_room": detail(expected, ok=(302,), **LINE_STAFF),
    "intake": detail(structure, shared=True, mediator="own same other", supervisor="own same other", partner=""),
    # coaching, safeguarding (nothing is done about a conversation that was not opened first)
    "alarm_seen": detail(conversation, post=True, mediator="", supervisor=""),
    "entrust": detail(conversation, ok=(200, 302), supervisor="own same"),
    "danger_open": detail(conversation, mediator="", supervisor=""),
    "alarm_group": detail(alarm_group, mediator="own same", supervisor="own same"),
    "alarm_group_false": detail(alarm_group, post=True, ok=(422,), mediator="own same", supervisor="own same"),
    "alarm_group_again": detail(alarm_group, post=True, mediator="own same", supervisor="own same"),
    "danger_list": only("mediator", "supervisor"),
    "danger": detail(danger_file, **READS_DANGER),
    "danger_why": detail(danger_file, post=True, **READS_DANGER),
    "danger_close": detail(danger_file, post=True, **READS_DANGER),
    "danger_report": detail(danger_file, ok=(302,), **READS_DANGER),
    **{
        f"danger_{step}": detail(danger_file, post=True, **READS_DANGER)
        for step in ("ajouter", "relire", "decider", "transmis")
    },
    # coaching, letters that did not leave, messages set aside
    "letters": only("supervisor", "administrator"),
    "arrivals": only("supervisor", "administrator"),
    "arrival": detail(aside, **DECIDE),
    "look_again": detail(aside, post=True, **DECIDE),
    "opt_out": only("mediator", "supervisor", "administrator"),
    "inbound_letter": detail(unreadable, **DECIDE),
    "retention": only("supervisor", "administrator"),
    "send_ticked": only("supervisor", "administrator", post=True),
    "send_again": detail(letter, post=True, **DECIDE),
    "leave_letter": detail(letter, post=True, **DECIDE),
}
