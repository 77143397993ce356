"""The page of a conversation at the desk, and its addresses."""


def path(conversation, what=""):
    return f"/pro/conversations/{conversation.pk}/{what}"


def open_page(client, conversation):
    response = client.get(path(conversation))
    assert response.status_code == 200, response.content.decode()[:300]
    return response.content.decode()
