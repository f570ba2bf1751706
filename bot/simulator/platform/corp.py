"""Who there is at the platform: one corporation with members, departments, apps, robots, groups and webhooks."""

from dataclasses import dataclass, field


@dataclass
class Member:
    """`open_userid` is what a robot of an ordinary administrator sees instead of the userid."""

    userid: str
    name: str
    departments: list[int] = field(default_factory=lambda: [1])
    mobile: str = ""
    licensed: bool = True
    left: bool = False

    @property
    def open_userid(self) -> str:
        return f"wo{self.userid.encode().hex()}"


@dataclass
class Department:
    id: int
    name: str
    parentid: int = 0
    order: int = 1


@dataclass
class App:
    """A self-built app. `visible` are the members it may reach (None: everybody, the root department)."""

    agentid: int
    secret: str
    token: str = ""
    aes_key: str = ""
    callback: str = ""
    name: str = "随手拍"
    visible: set[str] | None = None
    contacts_only: bool = False
    """The secret of the contact assistant, which may list ids and nothing else."""


@dataclass
class Robot:
    """An intelligent robot. With `long` its callbacks go over the long connection, whether one is open or not."""

    id: str
    secret: str = ""
    token: str = ""
    aes_key: str = ""
    callback: str = ""
    name: str = "随手拍"
    long: bool = False
    open_ids: bool = False


@dataclass
class Group:
    """An internal group; `creator` is the app that made it, if one did."""

    chatid: str
    name: str
    owner: str
    members: list[str]
    creator: int | None = None
    robots: set[str] = field(default_factory=set)
    dissolved: bool = False


@dataclass
class Webhook:
    """A send-only group robot; its key is its only credential."""

    key: str
    chatid: str
    name: str = "提醒"
    disabled: bool = False
    removed: bool = False


@dataclass
class Corp:
    """`trusted_ips` is None while the list is off; else an IP and the moment it was registered."""

    corp_id: str
    members: dict[str, Member] = field(default_factory=dict)
    departments: dict[int, Department] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)
    apps: dict[int, App] = field(default_factory=dict)
    robots: dict[str, Robot] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    trusted_ips: dict[str, float] | None = None

    def present(self, userid: object) -> Member | None:
        """The member of this id, if still in the corporation."""
        member = self.members.get(userid) if isinstance(userid, str) else None
        return member if member and not member.left else None

    def group(self, chatid: object) -> Group | None:
        found = self.groups.get(chatid) if isinstance(chatid, str) else None
        return found if found and not found.dissolved else None

    def within(self, department: int) -> set[int]:
        """A department and everything below it."""
        below = {d.id for d in self.departments.values() if d.parentid == department and d.id != department}
        return {department}.union(*(self.within(child) for child in below))

    def app_of_secret(self, secret: str) -> App | None:
        return next((app for app in self.apps.values() if app.secret == secret), None)
