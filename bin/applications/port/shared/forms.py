"""Forms and tables of HTML pages, filled in and read as a browser would."""

from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SILENT = {"script", "style", "template", "svg", "noscript"}


class Form:
    """What a form would send: `fields` as (name, value) pairs; submit buttons are left to `send`."""

    def __init__(self, attributes):
        self.attributes, self.fields, self.files, self.choices = attributes, [], [], {}

    @property
    def names(self):
        return {name for name, _ in self.fields} | {name for name, *_ in self.files} | set(self.choices)

    def set(self, values):
        """Other values; a list ticks several, None takes a field out."""
        for name, value in values.items():
            place = next((n for n, (found, _) in enumerate(self.fields) if found == name), len(self.fields))
            self.fields = [field for field in self.fields if field[0] != name]
            values = [] if value is None else value if isinstance(value, list) else [value]
            self.fields[place:place] = [(name, one) for one in values]
        return self


class Page(HTMLParser):
    """A page: its forms, the texts of its table rows, and its text."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.rows, self.texts, self.links, self.times = [], [], [], [], []
        self.form = self.select = self.option = self.area = self.row = None
        self.silent = 0
        self.by_id = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, pairs):
        attributes = {name: value if value is not None else "" for name, value in pairs}
        self.silent += tag in SILENT
        if tag == "form":
            self.form = Form(attributes)
            self.forms.append(self.form)
            self.by_id[attributes.get("id")] = self.form
        elif tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        elif tag == "time" and "datetime" in attributes:
            self.times.append(attributes["datetime"])
        elif tag == "tr":
            self.row = []
        # Templates of rows that a script would add send nothing.
        if self.silent or "disabled" in attributes and tag != "option":
            return
        form = self.by_id.get(attributes["form"]) if "form" in attributes else self.form
        name = attributes.get("name")
        if tag == "input" and form and name:
            self.input(form, name, attributes)
        elif tag == "textarea" and form and name:
            self.area = (form, name, [])
        elif tag == "select" and form and name:
            self.select = (form, name, "multiple" in attributes, [], [])
        elif tag == "option" and self.select:
            self.option = [attributes.get("value"), []]
            self.select[3].append(self.option)
            if "selected" in attributes:
                self.select[4].append(self.option)

    def input(self, form, name, attributes):
        kind = attributes.get("type", "text").lower()
        if kind in ("checkbox", "radio"):
            value = attributes.get("value", "on")
            form.choices.setdefault(name, []).append(value)
            if "checked" in attributes:
                form.fields.append((name, value))
        elif kind == "file":
            form.files.append((name, "", "application/octet-stream", b""))
        elif kind not in ("submit", "button", "image", "reset"):
            form.fields.append((name, attributes.get("value", "")))

    def handle_data(self, text):
        if self.area:
            self.area[2].append(text)
        elif self.option:
            self.option[1].append(text)
        elif not self.silent and text.strip():
            text = " ".join(text.split())
            self.texts.append(text)
            if self.row is not None:
                self.row.append(text)

    def handle_endtag(self, tag):
        if tag in SILENT and self.silent:
            self.silent -= 1
        if tag == "form":
            self.form = None
        elif tag == "textarea" and self.area:
            form, name, parts = self.area
            # A browser drops the line break behind the tag, and sends \r\n.
            text = "".join(parts).removeprefix("\r").removeprefix("\n")
            form.fields.append((name, text.replace("\r\n", "\n").replace("\n", "\r\n")))
            self.area = None
        elif tag == "option":
            self.option = None
        elif tag == "select" and self.select:
            form, name, multiple, options, selected = self.select
            values = [value if value is not None else "".join(texts).strip() for value, texts in options]
            form.choices[name] = values
            chosen = selected or (options[:1] if not multiple else [])
            for value, texts in chosen:
                form.fields.append((name, value if value is not None else "".join(texts).strip()))
            self.select = None
        elif tag == "tr" and self.row is not None:
            if self.row:
                self.rows.append(self.row)
            self.row = None

    def form_with(self, *names):
        """The form that has these fields."""
        found = [form for form in self.forms if {*names} <= form.names]
        if not found:
            raise LookupError(f"no form with {names}: there are {[sorted(form.names) for form in self.forms]}")
        return found[0]


def fill(client, path, values, need=(), files=(), wanted=(302,), referer=True):
    """Opens the form that a path shows, fills it in and sends it; the answer, which is a redirect when it was taken."""
    page = Page(client.get(path).text)
    form = page.form_with(*(need or [name for name in values if not name.startswith("action-")][:1]))
    form.set(values)
    to = form.attributes.get("action") or path
    named = {file[0] for file in files}
    empty = [file for file in form.files if file[0] not in named]
    headers = {"Referer": client.url + path} if referer else {}
    answer = client.form(to, form.fields, [*empty, *files], headers, wanted=range(200, 500))
    if answer.status not in wanted:
        shown = " | ".join(Page(answer.text).texts)[:3000] if answer.status == 200 else answer.text[:2000]
        raise RuntimeError(f"{path} was not taken: status {answer.status}: {shown}")
    return answer
