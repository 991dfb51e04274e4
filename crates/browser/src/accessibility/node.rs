//! One node of Chromium's accessibility tree: its role, what is known of it, and how a snapshot shows it.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::dialect::Dialect;

/// CDP's [`AXNode`](https://chromedevtools.github.io/devtools-protocol/tot/Accessibility/#type-AXNode), as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AxNode {
    pub(super) node_id: String,
    #[serde(default)]
    pub(super) ignored: bool,
    role: Option<AxValue>,
    name: Option<AxValue>,
    value: Option<AxValue>,
    description: Option<AxValue>,
    #[serde(default)]
    properties: Vec<AxProperty>,
    #[serde(default)]
    pub(super) child_ids: Vec<String>,
    #[serde(rename = "backendDOMNodeId")]
    pub(super) backend_dom_node_id: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct AxValue {
    #[serde(default)]
    value: Value,
}

#[derive(Debug, Deserialize)]
struct AxProperty {
    name: String,
    value: AxValue,
}

impl AxNode {
    pub(super) fn role(&self) -> &str {
        self.role.as_ref().and_then(|role| role.value.as_str()).unwrap_or("Unknown")
    }

    pub(super) fn has_name(&self) -> bool {
        self.name.as_ref().is_some_and(|name| truthy(&name.value))
    }

    pub(super) fn has_description(&self) -> bool {
        self.description.as_ref().is_some_and(|description| truthy(&description.value))
    }

    fn property(&self, name: &str) -> Option<&Value> {
        self.properties.iter().find(|property| property.name == name).map(|property| &property.value.value)
    }

    pub(super) fn is_focusable(&self) -> bool {
        self.property("focusable").is_some_and(truthy)
    }

    pub(super) fn is_richly_editable(&self) -> bool {
        self.property("editable").is_some_and(|how| how == "richtext")
    }

    fn is_plain_text_field(&self) -> bool {
        let editable =
            self.property("editable").is_some() || ["textbox", "ComboBox", "searchbox"].contains(&self.role());
        editable && !self.is_richly_editable()
    }

    pub(super) fn is_control(&self) -> bool {
        matches!(
            self.role(),
            "button"
                | "checkbox"
                | "ColorWell"
                | "combobox"
                | "DisclosureTriangle"
                | "listbox"
                | "menu"
                | "menubar"
                | "menuitem"
                | "menuitemcheckbox"
                | "menuitemradio"
                | "radio"
                | "scrollbar"
                | "searchbox"
                | "slider"
                | "spinbutton"
                | "switch"
                | "tab"
                | "textbox"
                | "tree"
        )
    }

    /// Roles whose children only help to paint them.
    pub(super) fn hides_children(&self) -> bool {
        const TEXTS: [&str; 4] = ["LineBreak", "text", "StaticText", "InlineTextBox"];
        const PICTURES: [&str; 8] =
            ["doc-cover", "graphics-symbol", "img", "Meter", "scrollbar", "slider", "separator", "progressbar"];
        self.is_plain_text_field() || TEXTS.contains(&self.role()) || PICTURES.contains(&self.role())
    }

    /// A part of the page that readers go to by its role.
    pub(super) fn is_landmark(&self) -> bool {
        matches!(
            self.role(),
            "banner" | "complementary" | "contentinfo" | "form" | "main" | "navigation" | "region" | "search"
        )
    }

    /// It is hidden, in the words of newer Puppeteers.
    pub(super) fn is_hidden(&self) -> bool {
        self.property("hidden").is_some_and(truthy)
    }

    /// It changes, or says more than its name.
    pub(super) fn is_announced(&self) -> bool {
        let is = |name: &str| self.property(name).is_some_and(truthy);
        is("busy")
            || is("modal")
            || is("roledescription")
            || self.property("live").is_some_and(|live| truthy(live) && live != "off")
            || self.property("errormessage").is_some()
            || self.property("details").is_some()
    }

    /// What a snapshot says of the node. Newer Puppeteers tell what is false, too, where Chromium says so, and more of links and
    /// of what changes.
    pub(super) fn told(&self, dialect: Dialect) -> Map<String, Value> {
        let mut known: HashMap<String, &Value> = HashMap::new();
        for property in &self.properties {
            known.insert(property.name.to_lowercase(), &property.value.value);
        }
        for (name, value) in [("name", &self.name), ("value", &self.value), ("description", &self.description)] {
            if let Some(value) = value {
                known.insert(name.to_owned(), &value.value);
            }
        }

        let mut told = Map::new();
        told.insert("role".to_owned(), self.role().into());
        let mut tell = |names: &[&str], word: &dyn Fn(&Value) -> Option<Value>| {
            for name in names {
                if let Some(value) = known.get(*name).and_then(|value| word(value)) {
                    told.insert((*name).to_owned(), value);
                }
            }
        };
        let is_modern = dialect.is_modern();
        let as_it_is = |value: &Value| Some(value.clone());
        let flag = |value: &Value| match (is_modern, truthy(value)) {
            (true, is_true) => Some(is_true.into()),
            (false, true) => Some(value.clone()),
            (false, false) => None,
        };
        let token = |value: &Value| (truthy(value) && value != "false").then(|| value.clone());
        tell(&["name", "value", "description", "keyshortcuts", "roledescription", "valuetext"], &as_it_is);
        if is_modern {
            tell(&["url"], &as_it_is);
        }
        tell(&["disabled", "expanded"], &flag);
        // Of a document it says whether the frame has the focus, which is another thing.
        if !["WebArea", "RootWebArea"].contains(&self.role()) {
            tell(&["focused"], &flag);
        }
        tell(&["modal", "multiline", "multiselectable", "readonly", "required", "selected"], &flag);
        if is_modern {
            tell(&["busy", "atomic"], &flag);
        }
        tell(&["checked", "pressed"], &|value| {
            Some(if value == "mixed" { value.clone() } else { (value == "true" || value == true).into() })
        });
        tell(&["level", "valuemax", "valuemin"], &as_it_is);
        tell(&["autocomplete", "haspopup", "invalid", "orientation"], &token);
        if is_modern {
            tell(&["live", "relevant", "errormessage", "details"], &token);
        }
        told
    }
}

/// JavaScript's idea of true.
fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}
