//! Puppeteer's `Accessibility`: the page as a screen reader tells it.
//!
//! Roles are Chromium's own words. Which nodes are told follows Chromium's rule for the platforms' trees: leaves with
//! a name, controls, and whatever takes the focus. In newer Puppeteers landmarks, too, and what a reader has to hear of.

use std::collections::{HashMap, HashSet};
use std::rc::{Rc, Weak};

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::dialect::Dialect;
use crate::error::Error;
use crate::frame::Frame;
use crate::js_handle::ElementHandle;
use crate::page::Page;

/// What a snapshot shows.
#[derive(Clone, Debug)]
pub struct SnapshotOptions {
    /// Whether nodes that say nothing are left out.
    pub interesting_only: bool,
    /// The top of the told tree; the page's when not given.
    pub root: Option<ElementHandle>,
    /// Whether the documents of iframes are part of it.
    pub iframes: bool,
}

impl Default for SnapshotOptions {
    fn default() -> Self {
        Self { interesting_only: true, root: None, iframes: false }
    }
}

/// One page's accessibility tree.
#[derive(Debug)]
pub struct Accessibility {
    page: Weak<Page>,
}

impl Accessibility {
    pub(crate) fn new(page: Weak<Page>) -> Rc<Self> {
        Rc::new(Self { page })
    }

    fn page(&self) -> Result<Rc<Page>, Error> {
        self.page.upgrade().ok_or(Error::TargetClosed)
    }

    /// The tree as nested objects with `role`, `name`, …, `children`, and `backendNodeId` and `frameId` by which a node's
    /// element is found. `None` when the root is not in the tree.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub async fn snapshot(&self, options: SnapshotOptions) -> Result<Option<Value>, Error> {
        let page = self.page()?;
        let root = match &options.root {
            Some(element) => element.backend_node_id().await?.as_i64(),
            None => None,
        };
        let frame = match &options.root {
            Some(element) => element.frame()?,
            None => page.main_frame().clone(),
        };
        of_frame(frame, root, options).await
    }

    /// The element of a node that a snapshot told of.
    ///
    /// # Errors
    /// When it is gone.
    pub async fn element(&self, backend_node_id: f64, frame_id: Option<&str>) -> Result<Option<ElementHandle>, Error> {
        let page = self.page()?;
        let frame = frame_id.and_then(|id| page.frame_manager().frame(id));
        let frame = frame.unwrap_or_else(|| page.main_frame().clone());
        let context = frame.execution_context().await?;
        context.adopt_backend_node(&json!(backend_node_id)).await.map(Some)
    }
}

/// The tree of one frame's document, and of those in it.
fn of_frame(
    frame: Rc<Frame>,
    root: Option<i64>,
    options: SnapshotOptions,
) -> LocalBoxFuture<'static, Result<Option<Value>, Error>> {
    async move {
        let arguments = json!({"frameId": frame.id()});
        let mut answer = frame.session().send_raw("Accessibility.getFullAXTree", arguments).await?;
        let nodes: Vec<AxNode> = serde_json::from_value(answer["nodes"].take())
            .map_err(|error| Error::message(format!("unreadable accessibility tree: {error}")))?;
        let mut tree = Tree::new(nodes, frame.page()?.dialect());
        if options.iframes {
            for child in frame.child_frames() {
                let owner = frame.session().send_raw("DOM.getFrameOwner", json!({"frameId": child.id()})).await;
                // A frame may go away meanwhile.
                let Some(owner) = owner.ok().and_then(|owner| owner["backendNodeId"].as_i64()) else { continue };
                let inner = SnapshotOptions { root: None, ..options.clone() };
                if let Ok(Some(snapshot)) = of_frame(child, None, inner).await {
                    tree.documents.insert(owner, snapshot);
                }
            }
        }
        tree.frame_id = frame.id();
        Ok(tree.snapshot(root, options.interesting_only))
    }
    .boxed_local()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AxNode {
    node_id: String,
    #[serde(default)]
    ignored: bool,
    role: Option<AxValue>,
    name: Option<AxValue>,
    value: Option<AxValue>,
    description: Option<AxValue>,
    #[serde(default)]
    properties: Vec<AxProperty>,
    #[serde(default)]
    child_ids: Vec<String>,
    #[serde(rename = "backendDOMNodeId")]
    backend_dom_node_id: Option<i64>,
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
    fn role(&self) -> &str {
        self.role.as_ref().and_then(|role| role.value.as_str()).unwrap_or("Unknown")
    }

    fn has_name(&self) -> bool {
        self.name.as_ref().is_some_and(|name| truthy(&name.value))
    }

    fn has_description(&self) -> bool {
        self.description.as_ref().is_some_and(|description| truthy(&description.value))
    }

    fn property(&self, name: &str) -> Option<&Value> {
        self.properties.iter().find(|property| property.name == name).map(|property| &property.value.value)
    }

    fn is_focusable(&self) -> bool {
        self.property("focusable").is_some_and(truthy)
    }

    fn is_richly_editable(&self) -> bool {
        self.property("editable").is_some_and(|how| how == "richtext")
    }

    fn is_plain_text_field(&self) -> bool {
        let editable =
            self.property("editable").is_some() || ["textbox", "ComboBox", "searchbox"].contains(&self.role());
        editable && !self.is_richly_editable()
    }

    fn is_control(&self) -> bool {
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
    fn hides_children(&self) -> bool {
        const TEXTS: [&str; 4] = ["LineBreak", "text", "StaticText", "InlineTextBox"];
        const PICTURES: [&str; 8] =
            ["doc-cover", "graphics-symbol", "img", "Meter", "scrollbar", "slider", "separator", "progressbar"];
        self.is_plain_text_field() || TEXTS.contains(&self.role()) || PICTURES.contains(&self.role())
    }

    /// A part of the page that readers go to by its role.
    fn is_landmark(&self) -> bool {
        matches!(
            self.role(),
            "banner" | "complementary" | "contentinfo" | "form" | "main" | "navigation" | "region" | "search"
        )
    }

    /// It is hidden, in the words of newer Puppeteers.
    fn is_hidden(&self) -> bool {
        self.property("hidden").is_some_and(truthy)
    }

    /// It changes, or says more than its name.
    fn is_announced(&self) -> bool {
        let is = |name: &str| self.property(name).is_some_and(truthy);
        is("busy")
            || is("modal")
            || is("roledescription")
            || self.property("live").is_some_and(|live| truthy(live) && live != "off")
            || self.property("errormessage").is_some()
            || self.property("details").is_some()
    }

    fn told(&self) -> Map<String, Value> {
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
        let mut tell = |names: &[&str], word: fn(&Value) -> Option<Value>| {
            for name in names {
                if let Some(value) = known.get(*name).and_then(|value| word(value)) {
                    told.insert((*name).to_owned(), value);
                }
            }
        };
        tell(&["name", "value", "description", "keyshortcuts", "roledescription", "valuetext"], |value| {
            Some(value.clone())
        });
        tell(&["disabled", "expanded"], |value| truthy(value).then(|| value.clone()));
        // Of a document it says whether the frame has the focus, which is another thing.
        if !["WebArea", "RootWebArea"].contains(&self.role()) {
            tell(&["focused"], |value| truthy(value).then(|| value.clone()));
        }
        tell(&["modal", "multiline", "multiselectable", "readonly", "required", "selected"], |value| {
            truthy(value).then(|| value.clone())
        });
        tell(&["checked", "pressed"], |value| {
            Some(if value == "mixed" { value.clone() } else { (value == "true" || value == true).into() })
        });
        tell(&["level", "valuemax", "valuemin"], |value| Some(value.clone()));
        tell(&["autocomplete", "haspopup", "invalid", "orientation"], |value| {
            (truthy(value) && value != "false").then(|| value.clone())
        });
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

/// The nodes with their children by index; the first node is the root.
struct Tree {
    nodes: Vec<AxNode>,
    children: Vec<Vec<usize>>,
    /// Whether something further down takes the focus.
    focusable_inside: Vec<bool>,
    /// What is in the iframes, by the backend id of the `<iframe>`.
    documents: HashMap<i64, Value>,
    /// CDP's id of the frame that it is the tree of.
    frame_id: String,
    dialect: Dialect,
}

impl Tree {
    fn new(nodes: Vec<AxNode>, dialect: Dialect) -> Self {
        let index: HashMap<&str, usize> =
            nodes.iter().enumerate().map(|(index, node)| (node.node_id.as_str(), index)).collect();
        let children: Vec<Vec<usize>> = nodes
            .iter()
            .map(|node| node.child_ids.iter().filter_map(|id| index.get(id.as_str()).copied()).collect())
            .collect();
        let focusable_inside = vec![false; nodes.len()];
        let documents = HashMap::new();
        let mut tree = Self { nodes, children, focusable_inside, documents, frame_id: String::new(), dialect };
        if !tree.nodes.is_empty() {
            tree.find_focusable(0);
        }
        tree
    }

    fn find_focusable(&mut self, at: usize) -> bool {
        let mut inside = false;
        for child in self.children[at].clone() {
            inside |= self.find_focusable(child) || self.nodes[child].is_focusable();
        }
        self.focusable_inside[at] = inside;
        inside
    }

    fn snapshot(&self, root: Option<i64>, interesting_only: bool) -> Option<Value> {
        let top = match root {
            Some(id) => self.find(0, id)?,
            None => 0,
        };
        if self.nodes.is_empty() {
            return None;
        }
        if !interesting_only {
            return self.told(top, None).pop();
        }
        let mut interesting = HashSet::new();
        self.collect_interesting(0, false, &mut interesting);
        if !self.dialect.is_modern() && !interesting.contains(&top) {
            return None;
        }
        self.told(top, Some(&interesting)).pop()
    }

    fn find(&self, at: usize, backend_node_id: i64) -> Option<usize> {
        if self.nodes.get(at)?.backend_dom_node_id == Some(backend_node_id) {
            return Some(at);
        }
        self.children[at].iter().find_map(|child| self.find(*child, backend_node_id))
    }

    fn collect_interesting(&self, at: usize, inside_control: bool, interesting: &mut HashSet<usize>) {
        if self.is_interesting(at, inside_control) || self.document_in(at).is_some() {
            interesting.insert(at);
        }
        if self.is_leaf(at) {
            return;
        }
        let inside_control = inside_control || self.nodes[at].is_control();
        for child in &self.children[at] {
            self.collect_interesting(*child, inside_control, interesting);
        }
    }

    fn is_interesting(&self, at: usize, inside_control: bool) -> bool {
        let node = &self.nodes[at];
        if node.ignored || node.role() == "Ignored" {
            return false;
        }
        if self.dialect.is_modern() {
            let told = node.is_landmark() || node.is_announced() || node.role() == "treeitem";
            return !node.is_hidden() && (told || self.is_interesting_by_itself(at, inside_control));
        }
        self.is_interesting_by_itself(at, inside_control)
    }

    fn is_interesting_by_itself(&self, at: usize, inside_control: bool) -> bool {
        let node = &self.nodes[at];
        if node.is_focusable() || node.is_richly_editable() || node.is_control() {
            return true;
        }
        !inside_control && self.is_leaf(at) && (node.has_name() || self.dialect.is_modern() && node.has_description())
    }

    fn is_leaf(&self, at: usize) -> bool {
        let node = &self.nodes[at];
        if self.children[at].is_empty() || node.hides_children() || self.dialect.is_modern() && node.role() == "image" {
            return true;
        }
        let focusable = node.is_focusable() && !self.dialect.is_modern();
        !self.focusable_inside[at] && node.has_name() && (focusable || node.role() == "heading")
    }

    /// A node with the told part of its children; of a node that is left out, its children.
    fn told(&self, at: usize, interesting: Option<&HashSet<usize>>) -> Vec<Value> {
        let children: Vec<Value> = self.children[at].iter().flat_map(|child| self.told(*child, interesting)).collect();
        if interesting.is_some_and(|interesting| !interesting.contains(&at)) {
            return children;
        }
        let mut told = self.nodes[at].told();
        if let Some(id) = self.nodes[at].backend_dom_node_id {
            told.insert("backendNodeId".to_owned(), id.into());
            told.insert("frameId".to_owned(), self.frame_id.as_str().into());
        }
        let children: Vec<Value> = children.into_iter().chain(self.document_in(at).cloned()).collect();
        if !children.is_empty() {
            told.insert("children".to_owned(), children.into());
        }
        vec![told.into()]
    }

    /// The document in an iframe.
    fn document_in(&self, at: usize) -> Option<&Value> {
        self.documents.get(&self.nodes[at].backend_dom_node_id?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page with a heading, a labelled check box and a paragraph that is ignored.
    fn tree() -> Tree {
        tree_of(Dialect::V1)
    }

    fn tree_of(dialect: Dialect) -> Tree {
        let node = |id: &str, backend: i64, role: &str, name: &str, properties: Value, children: &[&str]| {
            json!({
                "nodeId": id, "backendDOMNodeId": backend, "ignored": role == "none",
                "role": {"type": "role", "value": role}, "name": {"type": "computedString", "value": name},
                "properties": properties, "childIds": children,
            })
        };
        let focusable = json!({"name": "focusable", "value": {"type": "booleanOrUndefined", "value": true}});
        let checked = json!({"name": "checked", "value": {"type": "tristate", "value": "true"}});
        let level = json!({"name": "level", "value": {"type": "integer", "value": 1}});
        let invalid = json!({"name": "invalid", "value": {"type": "token", "value": "false"}});
        let nodes = json!([
            node("1", 1, "RootWebArea", "Page", json!([focusable]), &["2", "5"]),
            node("2", 2, "heading", "Title", json!([level]), &["3"]),
            node("3", 3, "StaticText", "Title", json!([]), &["4"]),
            node("4", 4, "InlineTextBox", "Title", json!([]), &[]),
            node("5", 5, "none", "", json!([]), &["6", "missing"]),
            node("6", 6, "checkbox", "Agree", json!([focusable, checked, invalid]), &["7"]),
            node("7", 7, "StaticText", "Agree", json!([]), &[]),
        ]);
        Tree::new(serde_json::from_value(nodes).expect("nodes"), dialect)
    }

    /// The same without what finds the elements.
    fn plain(mut told: Value) -> Value {
        if let Some(told) = told.as_object_mut() {
            told.remove("backendNodeId");
            told.remove("frameId");
            for child in told.get_mut("children").and_then(Value::as_array_mut).into_iter().flatten() {
                *child = plain(child.take());
            }
        }
        told
    }

    #[test]
    fn a_snapshot_tells_leaves_with_names_and_controls() {
        let expected = json!({"role": "RootWebArea", "name": "Page", "children": [
            {"role": "heading", "name": "Title", "level": 1},
            {"role": "checkbox", "name": "Agree", "checked": true},
        ]});
        assert_eq!(tree().snapshot(None, true).map(plain), Some(expected));
    }

    #[test]
    fn newer_puppeteers_tell_texts_of_what_takes_the_focus() {
        let expected = json!({"role": "RootWebArea", "name": "Page", "children": [
            {"role": "heading", "name": "Title", "level": 1},
            {"role": "checkbox", "name": "Agree", "checked": true},
        ]});
        assert_eq!(tree_of(Dialect::V25).snapshot(None, true).map(plain), Some(expected));
        // What is in an ignored node is told where that one is asked for.
        let checkbox = json!({"role": "checkbox", "name": "Agree", "checked": true});
        assert_eq!(tree_of(Dialect::V25).snapshot(Some(5), true).map(plain), Some(checkbox));
    }

    #[test]
    fn everything_is_told_when_asked_for() {
        let told = tree().snapshot(None, false).expect("a tree");
        assert_eq!(told["children"][1]["role"], "none");
        assert_eq!(told["children"][0]["children"][0]["children"][0]["role"], "InlineTextBox");
    }

    #[test]
    fn a_root_is_told_alone_and_only_when_it_is_interesting() {
        let checkbox = json!({"role": "checkbox", "name": "Agree", "checked": true});
        assert_eq!(tree().snapshot(Some(6), true).map(plain), Some(checkbox));
        assert_eq!(tree().snapshot(Some(5), true), None);
        assert_eq!(tree().snapshot(Some(99), true), None);
    }
}
