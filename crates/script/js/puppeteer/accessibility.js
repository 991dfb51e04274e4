// Accessibility: the tree that assistive technology sees.
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { defineProperty } from "internal:core/primordials";
import { refuseJson } from "internal:puppeteer/page_function";

export class Accessibility {
  async snapshot(options = {}) {
    const { interestingOnly = true, root = null, includeIframes = false } = options;
    const top = root === null ? null : ridOf(root);
    return withHandles(await ops.accessibility_snapshot(ridOf(this), !!interestingOnly, top, !!includeIframes), this);
  }

  toJSON() { refuseJson(); }
}

// Each node of the tree can say which element it is.
function withHandles(node, accessibility) {
  if (node === null) return null;
  const { backendNodeId, frameId } = node;
  delete node.backendNodeId;
  delete node.frameId;
  const elementHandle = async () => {
    return backendNodeId === undefined ? null : await ops.accessibility_element(ridOf(accessibility), backendNodeId, frameId ?? null);
  };
  defineProperty(node, "elementHandle", { value: elementHandle, writable: true, configurable: true, enumerable: false });
  for (let i = 0; node.children !== undefined && i < node.children.length; i++) withHandles(node.children[i], accessibility);
  return node;
}

define("Accessibility", Accessibility);
