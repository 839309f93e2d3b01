"""One clinic's ids in another's hands: at every place of every operation where the spec says that there is an id. Each attempt has a
twin with an id that is nowhere, and each place a control with an id of one's own."""

import itertools
import json
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import spellings
from parties import SLOT, Refused, look

# Documented or not, a method may be routed to something; and some servers let a header say another.
METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE", "TRACE", "get", "Delete", "PROPFIND", "COPY", "MOVE", "LINK", "SEARCH", "FOO"]
OVERRIDES = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Http-Method-Override-Original"]


def first(less, whole, count):
    """All spellings; the short form's; the first two."""
    return dict(itertools.islice(whole.items(), (None, count, 2)[less]))


def of_account(operation):
    """What acts on the caller's own account: an attack would end the session that attacks."""
    return "/auth/" in operation.path


def walk(run, workers):
    """All operations, several at a time."""
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda one: operation(run, one), run.spec.operations))


def operation(run, one):
    try:
        if one.public and not one.positions():
            run.leave_out(one, "public, and takes no id")
        elif one.streams:
            run.leave_out(one, "a stream: see cross.events")
        elif not one.positions():
            run.leave_out(one, "takes no id: attacked by cursors, headers, tokens and fields")
        elif of_account(one):
            run.leave_out(one, "acts on the caller's own account: see cross.login")
        else:
            run.attacked.add(one.id)
            attack(run, one)
    except Refused as refusal:
        for position in one.positions():
            run.control(one, str(position), False, f"what it needs could not be made: {refusal}")
    except Exception as failure:
        run.control(one, "all", False, f"the script itself failed: {type(failure).__name__}: {failure}")


def attack(run, one):
    if usable(run, one):
        # A's own works, and what it takes to have it work is known then.
        run.a.succeed(one)
    theirs = run.b.ready(one)
    run.watch.of_clinic(value for value in theirs.path.values())
    # What A sends is A's own and valid but for one id; it is used up by nothing that is refused.
    base = run.a.ready(one)
    before = seen(run, one, theirs)
    absent = run.a.send(base.put(one.positions()[0], spellings.absent(first_value(base, one))))
    for position in one.positions():
        own, victim = value_at(run.a, base, one, position), value_at(run.b, theirs, one, position)
        if not own or not victim:
            run.control(one, str(position), False, "nothing of this kind could be made, and none was found")
            continue
        there = base
        if position.where != "path":
            there = control_in_place(run, one, base, position, own)
        for number, party in enumerate(run.attackers):
            # Lesser roles meet the same walls: of the short form they try a few spellings only.
            at_place(run, one, there, position, own, victim, party, 2 if run.short and number else 1 if run.short or number and one.method != "GET" else 0)
    methods(run, one, base, theirs)
    if before:
        after = seen(run, one, theirs)
        run.check("cross.intact", after == before, f"what {one} was tried on was {before[:2]}, and is {after[:2]}")
    control_in_path(run, one, absent, theirs)


def seen(run, one, theirs):
    """What is attacked, as its owner sees it, where it can be looked at."""
    position = one.positions()[0]
    kind = run.spec.kind(one, position)
    for other in run.spec.operations if position.where == "path" else ():
        if other.method == "GET" and other.path.endswith("}") and other.path.count("{") == 1 and run.spec.kind(other, other.positions()[0]) == kind:
            answer = run.b.raw("GET", SLOT.sub(theirs.path[position.name], other.path))
            return (answer.status, answer.header("etag"), answer.body) if answer.ok else None
    return None


def usable(run, one):
    """Whether a request of it may be sent for a control: what the script has not made itself is not changed."""
    position = one.positions()[0]
    made = position.where != "path" or run.spec.kind(one, position) in run.spec.makers
    return one.method == "GET" or one.makes or made


def first_value(parts, one):
    position = one.positions()[0]
    return parts.path.get(position.name) or parts.query.get(position.name) or "00000000-0000-7000-8000-000000000000"


def value_at(party, parts, one, position):
    """What stands there, or what could."""
    held = parts.path.get(position.name) if position.where == "path" else look(parts.body, position.steps) if position.where == "body" else None
    held = held[0] if isinstance(held, list) and held else held
    if held and not str(held).startswith("no-"):
        return held
    kind = party.spec.kind(one, position)
    found = party.any(kind) if kind else party.thing(one, position, False)
    # What the spec does not tell and trying did not find: the clinic itself.
    return found if found and not found.startswith("no-") else next(iter(party.things["company"]), None)


def at_place(run, one, base, position, own, victim, party, less):
    absent = spellings.absent(victim)
    ask = lambda target, value, body=None, headers=None: (
        one.method, target, base.headers() if headers is None else headers, base.data() if body is None else body, value)
    if position.where == "path":
        for what, spell in first(less, spellings.PATH, spellings.PATH_SHORT).items():
            if what == spellings.ALONE and one.method != "GET":
                continue
            targets = []
            for value in (victim, absent):
                parts = base.copy()
                parts.path[position.name] = spell(value, own)
                targets.append(ask(parts.target(raw=(position.name,)), value))
            run.pair("cross.path", party, f"{one}, {position}, {what}", *targets, refused=what == "as it is")
    elif position.where == "query":
        for what, spell in first(less, spellings.QUERY, spellings.QUERY_SHORT).items():
            bare = base.copy()
            bare.query.pop(position.name, None)
            if any(parameter["name"] == "limit" for parameter in one.named("query")):
                # What one sees anyway stays in sight, in a trail that grows meanwhile.
                bare.query["limit"] = "200"
            target = bare.target()
            joined = [target + ("&" if "?" in target else "?") + spell(position.name, value, own) for value in (victim, absent)]
            own_alone = target + ("&" if "?" in target else "?") + f"{position.name}={own}"
            run.pair("cross.query", party, f"{one}, {position}, {what}", ask(joined[0], victim), ask(joined[1], absent), plain=own_alone)
    else:
        in_body(run, one, base, position, own, victim, absent, party, less, ask)


def in_body(run, one, base, position, own, victim, absent, party, less, ask):
    target = base.target()
    for what, spell in first(less, spellings.BODY, spellings.BODY_SHORT).items():
        bodies = [ask(target, value, base.put(position, spell(value, own)).data()) for value in (victim, absent)]
        run.pair("cross.body", party, f"{one}, {position}, {what}", *bodies, refused=what == "as it is")
    if len(position.steps) > 1 or not isinstance(base.body, dict):
        return
    wrap = (lambda value: [value]) if position.many else (lambda value: value)
    rows = [spellings.wholes(base.body, position.name, wrap(value) if not position.many else value, own) for value in (victim, absent)]
    for (what, body, headers), (_, other, _) in itertools.islice(zip(*rows), (None, spellings.WHOLE_SHORT, 1)[less]):
        if not position.many:
            run.pair("cross.body", party, f"{one}, {position}, {what}", ask(target, victim, body, headers), ask(target, absent, other, headers))


def control_in_place(run, one, base, position, own):
    """One's own id there, and one that is nowhere: where both are answered alike, the refusal of another's shows nothing. The request
    that took one's own, for the attack."""
    lost = spellings.absent(own)
    if one.method != "GET":
        answer, parts = run.a.settle(one, {position.name: own})
        other = run.a.keep(one, run.a.send(run.a.ready(one, {position.name: lost})))
        run.control(one, str(position), answer.ok and not other.ok or answer.bare((own,)) != other.bare((lost,)),
                    f"one's own is answered like an absent one, {answer.status}")
        return parts
    for step in ("as it is", "without a window", "with something to find"):
        if step == "without a window":
            base = without_window(base)
        elif step != "as it is" and not referring(run, one, position, own):
            break
        answers = [run.a.send(base.put(position, value)) for value in (own, lost)]
        if answers[0].ok and not answers[1].ok or answers[0].bare((own,)) != answers[1].bare((lost,)):
            run.control(one, str(position), True)
            return base
    run.control(one, str(position), False, f"one's own is answered like an absent one, {answers[0].status}")
    return base


def referring(run, one, position, own):
    """Makes one of what is listed that names `own`, if it can."""
    maker = run.spec.makers.get(one.lists)
    names = [other.name for other in maker.positions() if other.where == "body"] if maker else []
    name = next((name for name in names if name in (position.name, position.name + "s")), None)
    return bool(name) and run.a.settle(maker, {name: own})[0].ok


def without_window(parts):
    bare = parts.copy()
    for name in ("from", "to"):
        bare.query.pop(name, None)
    return bare


def control_in_path(run, one, absent, theirs):
    """After the attacks: the same request by clinic B, whose own it is. What was attacked is still there, and is found."""
    places = [position for position in one.positions() if position.where == "path"]
    if usable(run, one):
        answer = run.b.keep(one, run.b.send(theirs)) if places else None
    elif one.method == "PATCH":
        # Of what the script has not made, it is asked for nothing to be changed.
        theirs.body = {}
        answer = run.b.send(theirs)
    else:
        answer = None
    for position in places:
        if answer is None:
            run.control(one, str(position), False, "changes what the script has not made: not tried by its owner")
        else:
            # Also a conflict shows that it was found.
            found = answer.ok or 400 <= answer.status < 500 and answer.status != absent.status
            run.control(one, str(position), found, f"its owner is answered {answer.status}, like for an absent one")


def methods(run, one, base, theirs):
    """Once for each path: every method on another's id."""
    same = [other for other in run.spec.operations if other.path == one.path]
    if same[0] is not one or "{" not in one.path:
        return
    known, names = {other.method for other in same}, SLOT.findall(one.path)
    victims = [theirs.path[name] for name in names]
    absents = [spellings.absent(value) if "-" in value else value for value in victims]
    fill = lambda values: SLOT.sub(lambda slot: urllib.parse.quote(values[names.index(slot[1])]), one.path)
    twins = [(fill(victims), victims[0]), (fill(absents), absents[0])]

    def both(what, method, headers=(), body=None, query=""):
        requests = [(method, target + query, list(headers), body, value) for target, value in twins]
        run.pair("cross.method", run.a, f"{one.path}, {what}", *requests)

    for method in METHODS[:8] if run.short else METHODS:
        if method not in known:
            both(method, method, [("Content-Type", "application/json")] if method in ("PUT", "POST", "PATCH") else [],
                 b"{}" if method in ("PUT", "POST", "PATCH") else None)
    for outer, inner in itertools.product(("POST", "GET"), ("DELETE", "PATCH", "PUT", "GET")):
        for header in OVERRIDES[:1] if run.short else OVERRIDES:
            if outer != inner and (not run.short or inner in ("DELETE", "PATCH")):
                both(f"{outer} for {inner} by {header}", outer, [(header, inner), ("Content-Type", "application/json")],
                     json.dumps({"_method": inner}).encode() if outer == "POST" else None, f"?_method={inner}")
