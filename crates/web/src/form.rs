//! The fields of a form: each with its label, and what is wrong with it next to it.

use domain::Fault;

use crate::html::Html;

/// What a person has filled in.
#[derive(Debug, Default)]
pub(crate) struct Filled(Vec<(String, String)>);

impl Filled {
    pub(crate) fn new(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// The value of a field without the white space around it, unless nothing else is there.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let value = self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.trim());
        value.filter(|value| !value.is_empty()).map(str::to_owned)
    }
}

/// How a field is filled in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Input {
    Text,
    Email,
    Telephone,
    /// One of these: the value, and what is said of it. None is chosen at first.
    Choice(&'static [(&'static str, &'static str)]),
}

/// One field. Its name is the path of its member in the body of the API, so that the faults of the rules find it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) hint: &'static str,
    pub(crate) input: Input,
    pub(crate) required: bool,
    /// What the browser may fill in by itself; empty for nothing.
    pub(crate) autocomplete: &'static str,
}

impl Field {
    /// A text that may be left out.
    pub(crate) const fn new(name: &'static str, label: &'static str) -> Self {
        Self { name, label, hint: "", input: Input::Text, required: false, autocomplete: "off" }
    }

    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(crate) const fn of(mut self, input: Input) -> Self {
        self.input = input;
        self
    }

    pub(crate) const fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    pub(crate) const fn autocomplete(mut self, what: &'static str) -> Self {
        self.autocomplete = what;
        self
    }

    /// The field with its label, its hint and its fault.
    pub(crate) fn html(&self, filled: &Filled, faults: &[Fault]) -> Html {
        let fault = faults.iter().find(|fault| fault.field == self.name);
        let value = filled.get(self.name).unwrap_or_default();
        let mut html = Html::raw("<label for=\"");
        html.push_text(self.name).push_raw("\">").push_text(self.label);
        if !self.required {
            html.push_raw(" (optional)");
        }
        html.push_raw("</label>\n");
        match self.input {
            Input::Choice(_) => html.push_raw("<select id=\""),
            Input::Text => html.push_raw("<input type=\"text\" id=\""),
            Input::Email => html.push_raw("<input type=\"email\" id=\""),
            Input::Telephone => html.push_raw("<input type=\"tel\" id=\""),
        };
        html.push_text(self.name).push_raw("\" name=\"").push_text(self.name);
        html.push_raw("\" autocomplete=\"").push_text(self.autocomplete).push_raw("\"");
        if self.required {
            html.push_raw(" required");
        }
        let described: Vec<String> = [(!self.hint.is_empty()).then_some("hint"), fault.map(|_| "error")]
            .into_iter()
            .flatten()
            .map(|what| format!("{}-{what}", self.name))
            .collect();
        if !described.is_empty() {
            html.push_raw(" aria-describedby=\"").push_text(&described.join(" ")).push_raw("\"");
        }
        if fault.is_some() {
            html.push_raw(" aria-invalid=\"true\"");
        }
        match self.input {
            Input::Choice(choices) => {
                // Without it the browser sends the first one for whoever passes over the field.
                html.push_raw(">\n<option value=\"\">Choose…</option>\n");
                for (choice, said) in choices {
                    html.push_raw("<option value=\"").push_text(choice).push_raw("\"");
                    if *choice == value {
                        html.push_raw(" selected");
                    }
                    html.push_raw(">").push_text(said).push_raw("</option>\n");
                }
                html.push_raw("</select>\n");
            }
            Input::Text | Input::Email | Input::Telephone => {
                html.push_raw(" value=\"").push_text(&value).push_raw("\">\n");
            }
        }
        if !self.hint.is_empty() {
            html.push_raw("<p class=\"hint\" id=\"").push_text(self.name).push_raw("-hint\">");
            html.push_text(self.hint).push_raw("</p>\n");
        }
        if let Some(fault) = fault {
            html.push_raw("<p class=\"error\" id=\"").push_text(self.name).push_raw("-error\">");
            html.push_text(&fault.message).push_raw("</p>\n");
        }
        html
    }
}

/// A part of a form: its legend, and its fields.
pub(crate) type Group = (&'static str, &'static [Field]);

/// What is wrong, above the form: each fault leads to its field. The legend is in the text of the link, because several parts may have
/// a field of one label.
pub(crate) fn summary(faults: &[Fault], groups: &[Group]) -> Html {
    let fields = || groups.iter().flat_map(|(legend, fields)| fields.iter().map(move |field| (*legend, field)));
    let mut html = Html::raw("<div class=\"summary\" role=\"alert\">\n<p>Please mend the following:</p>\n<ul>\n");
    for fault in faults {
        // A fault of a group stands at its first field.
        let place = fields()
            .find(|(_, field)| field.name == fault.field)
            .or_else(|| fields().find(|(_, field)| field.name.starts_with(&*fault.field)));
        html.push_raw("<li>");
        match place {
            Some((legend, field)) => {
                html.push_raw("<a href=\"#").push_text(field.name).push_raw("\">").push_text(legend).push_raw(", ");
                html.push_text(&field.label.to_lowercase());
                html.push_raw("</a>: ").push_text(&fault.message);
            }
            None => {
                html.push_text(&fault.message);
            }
        }
        html.push_raw("</li>\n");
    }
    html.push_raw("</ul>\n</div>\n");
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_keeps_what_was_filled_in_and_says_what_is_wrong_with_it() {
        let filled = Filled::new(vec![("client.name".into(), "A \"<b>\"".into())]);
        let fault = Fault { field: "client.name".into(), code: "too_long".into(), message: "Shorten <it>".into() };
        let html = Field::new("client.name", "Name").required().hint("H").html(&filled, &[fault]).into_string();
        for part in [
            "<label for=\"client.name\">Name</label>",
            "value=\"A &quot;&lt;b&gt;&quot;\"",
            "aria-describedby=\"client.name-hint client.name-error\"",
            "aria-invalid=\"true\"",
            "id=\"client.name-error\">Shorten &lt;it&gt;</p>",
            " required",
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
    }

    #[test]
    fn a_choice_is_kept() {
        let filled = Filled::new(vec![("a".into(), "2".into())]);
        let html =
            Field::new("a", "A").of(Input::Choice(&[("1", "one"), ("2", "two")])).html(&filled, &[]).into_string();
        assert!(html.contains("<option value=\"2\" selected>two</option>") && html.contains("(optional)"), "{html}");
    }

    #[test]
    fn nothing_is_chosen_for_the_visitor() {
        let choice = Field::new("a", "A").required().of(Input::Choice(&[("1", "one")]));
        let html = choice.html(&Filled::default(), &[]).into_string();
        assert!(html.contains("required>\n<option value=\"\">Choose…</option>\n<option value=\"1\">one"), "{html}");
        assert!(!html.contains("selected"), "{html}");
    }

    #[test]
    fn a_value_is_read_without_the_white_space_around_it() {
        let filled = Filled::new(vec![("a".into(), "\u{a0} 1 2\t\n".into()), ("b".into(), " \u{2003}".into())]);
        assert_eq!((filled.get("a").as_deref(), filled.get("b"), filled.get("c")), (Some("1 2"), None, None));
    }

    #[test]
    fn the_summary_tells_fields_of_one_label_apart() {
        const GROUPS: &[Group] =
            &[("First", &[Field::new("a.name", "Name")]), ("Second <x>", &[Field::new("b.name", "Name")])];
        let fault =
            |field: &'static str| Fault { field: field.into(), code: "required".into(), message: "Give it".into() };
        let html = summary(&[fault("b.name"), fault("a"), fault("c")], GROUPS).into_string();
        for part in [
            "<li><a href=\"#b.name\">Second &lt;x&gt;, name</a>: Give it</li>",
            "<li><a href=\"#a.name\">First, name</a>: Give it</li>",
            "<li>Give it</li>",
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
    }
}
