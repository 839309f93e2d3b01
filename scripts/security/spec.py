"""The served OpenAPI document, read for what an attacker asks of it: which operations there are, which ids they take, what makes what."""

import copy
import json
import re
import threading

METHODS = ("get", "post", "put", "patch", "delete")


class Position:
    """Where an operation takes an id: in `path`, `query` or `body`, by a name (in a body: the steps to it)."""

    def __init__(self, where, name, steps=(), many=False):
        self.where, self.name, self.steps, self.many = where, name, steps, many

    def __str__(self):
        return f"{self.where} {self.name}"


class Operation:
    def __init__(self, spec, path, method, node):
        self.spec, self.path, self.method, self.node = spec, path, method.upper(), node
        self.id = node.get("operationId") or f"{method} {path}"
        self.public = not node.get("security", spec.document.get("security"))
        self.parameters = [spec.resolve(one) for one in node.get("parameters", [])]
        content = spec.resolve(node.get("requestBody", {})).get("content", {})
        self.media = next((media for media in content if media.endswith("json")), next(iter(content), None))
        self.body = spec.resolve(content[self.media].get("schema", {})) if self.media else None
        self.answers = {status: spec.resolve(answer).get("content", {}) for status, answer in node.get("responses", {}).items()}

    def __str__(self):
        return self.id

    @property
    def json_body(self):
        return self.body if self.media and self.media.endswith("json") else None

    @property
    def streams(self):
        return any("text/event-stream" in content for content in self.answers.values())

    def named(self, place):
        return [one for one in self.parameters if one["in"] == place]

    def success(self):
        """Name and schema of what it answers when all is well."""
        for status in sorted(self.answers):
            if status.startswith("2"):
                schema = next((one.get("schema", {}) for media, one in self.answers[status].items() if media.endswith("json")), {})
                return schema.get("$ref", "").rpartition("/")[2], self.spec.resolve(schema)
        return "", {}

    @property
    def makes(self):
        """The kind of what it makes: that of an answer 201 that has an id."""
        name, schema = self.success()
        made = self.method == "POST" and "201" in self.answers and "id" in schema.get("properties", {})
        return name if made else None

    @property
    def lists(self):
        """The kind of what it lists."""
        _, schema = self.success()
        for one in schema.get("properties", {}).values():
            one = self.spec.shallow(one)
            if self.method == "GET" and one.get("type") == "array" and "id" in self.spec.resolve(one["items"]).get("properties", {}):
                return one["items"].get("$ref", "").rpartition("/")[2]
        return None

    def positions(self):
        """All places for ids."""
        found = [Position("path", name) for name in re.findall(r"\{(\w+)\}", self.path)]
        found += [Position("query", one["name"]) for one in self.named("query") if one.get("schema", {}).get("format") == "uuid"]
        for steps, schema, many in self.spec.leaves(self.json_body or {}):
            if schema.get("format") == "uuid":
                found.append(Position("body", steps[-1], steps, many))
        return found

    def texts(self):
        """The steps to all texts of the body that are nothing more than texts, and to all others."""
        for steps, schema, _ in self.spec.leaves(self.json_body or {}):
            if schema.get("type") == "string" and schema.get("format") != "uuid":
                yield steps, not any(key in schema for key in ("format", "pattern", "enum"))

    def example(self):
        """A body of the spec's own."""
        if not self.media:
            return None
        content = self.spec.resolve(self.node["requestBody"])["content"][self.media]
        for source in (content, self.body):
            if "example" in source:
                return copy.deepcopy(source["example"])
            if source.get("examples"):
                return copy.deepcopy(self.spec.resolve(next(iter(source["examples"].values())))["value"])
        return self.spec.invent(self.body)


class Spec:
    def __init__(self, document):
        self.document = document
        self.operations = [
            Operation(self, path, method, node)
            for path, nodes in document["paths"].items() for method, node in nodes.items() if method in METHODS
        ]
        self.makers = {}
        # What was learnt of operations by using them, by whomever: bodies that are accepted, what has to be done before, what ids name.
        self.templates, self.recipes, self.learnt, self.lock = {}, {}, {}, threading.RLock()
        for one in sorted(self.operations, key=lambda one: one.path.count("{")):
            if one.makes and not one.public:
                self.makers.setdefault(one.makes, one)

    @classmethod
    def read(cls, data):
        return cls(json.loads(data))

    def resolve(self, node):
        """Without references and `allOf` at its top."""
        for _ in range(20):
            if "$ref" in node:
                rest = {key: value for key, value in node.items() if key != "$ref"}
                target = self.document
                for step in node["$ref"].lstrip("#/").split("/"):
                    target = target[step.replace("~1", "/").replace("~0", "~")]
                node = {**target, **rest}
            elif "allOf" in node:
                merged = {}
                for part in node["allOf"]:
                    merged.update(self.resolve(part))
                node = {**merged, **{key: value for key, value in node.items() if key != "allOf"}}
            else:
                break
        return node

    shallow = resolve

    def leaves(self, schema, steps=(), many=False):
        """Each field of an object and of those within it: steps to it, its schema, whether it stands in an array."""
        schema = self.resolve(schema)
        if len(steps) > 6:
            return
        if schema.get("properties"):
            for name, one in schema["properties"].items():
                yield from self.leaves(one, (*steps, name), False)
        elif schema.get("type") == "array" and "items" in schema:
            items = self.resolve(schema["items"])
            if items.get("properties"):
                yield from self.leaves(items, (*steps, 0), False)
            else:
                yield from self.leaves(items, steps, True)
        elif steps:
            yield steps, schema, many

    def invent(self, schema):
        """What a schema without an example allows."""
        schema = self.resolve(schema)
        if "example" in schema:
            return schema["example"]
        if schema.get("enum"):
            return schema["enum"][0]
        if schema.get("properties"):
            return {name: self.invent(schema["properties"][name]) for name in schema.get("required", []) if name in schema["properties"]}
        formats = {"uuid": "00000000-0000-7000-8000-000000000000", "date": "2026-01-01", "date-time": "2026-01-01T09:00:00Z", "email": "x@example.org"}
        kinds = {"integer": int(schema.get("minimum", 1)), "number": schema.get("minimum", 1), "boolean": True, "array": [], "object": {}}
        return kinds.get(schema.get("type"), formats.get(schema.get("format"), "x" * max(1, schema.get("minLength", 1))))

    def kind(self, operation, position):
        """What an id in this place names, as far as the spec says so: by what is answered there, listed or made at that collection,
        or called so. Nothing where it does not: then it is found by trying."""
        if self.learnt.get(self.key(operation, position)):
            return self.learnt[self.key(operation, position)]
        if position.where == "path":
            prefix = operation.path.partition("{" + position.name + "}")[0]
            own, collection = prefix + "{" + position.name + "}", prefix.rstrip("/")
            for one in self.operations:
                name, schema = one.success()
                if one.path == own and one.method in ("GET", "PATCH", "PUT") and "id" in schema.get("properties", {}):
                    return name
            for one in self.operations:
                if one.makes and one.path.rpartition("/")[2] == collection.rpartition("/")[2]:
                    return one.makes
            for one in self.operations:
                if one.path == collection and one.lists:
                    return one.lists
        stem = re.sub(r"Ids?$", "", position.name).lower()
        return next((kind for kind in self.kinds() if kind.lower() == stem), None)

    @staticmethod
    def key(operation, position):
        """What a place is called: in a path the same for all methods."""
        return operation.path if position.where == "path" else operation.id, position.name

    def kinds(self):
        listed = {one.lists for one in self.operations if one.lists}
        return sorted({*self.makers, *listed, "company", "user"})
