//! The nodes of one document as a tree, and which of them a snapshot has.
//!
//! A snapshot has the nodes that Chromium's own rule for the platforms' trees picks: leaves with a name, controls, and whatever takes
//! the focus. Newer Puppeteers add landmarks, and what changes or says more than its name.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::node::AxNode;
use crate::dialect::Dialect;

/// The nodes with their children by index; the first node is the root.
pub(super) struct Tree {
    nodes: Vec<AxNode>,
    children: Vec<Vec<usize>>,
    /// Whether something further down takes the focus.
    focusable_inside: Vec<bool>,
    /// What is in the iframes, by the backend id of the `<iframe>`.
    pub(super) documents: HashMap<i64, Value>,
    /// CDP's id of the frame that it is the tree of.
    pub(super) frame_id: String,
    dialect: Dialect,
}

impl Tree {
    pub(super) fn new(nodes: Vec<AxNode>, dialect: Dialect) -> Self {
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

    pub(super) fn snapshot(&self, root: Option<i64>, interesting_only: bool) -> Option<Value> {
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
        let mut told = self.nodes[at].told(self.dialect);
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
    use serde_json::{Value, json};

    use super::Tree;
    use crate::dialect::Dialect;

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
        // Asked for an ignored node, a snapshot has what is inside of it.
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
