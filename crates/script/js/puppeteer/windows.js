// Windows, tabs and screens: what few scripts ask for.
import { ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { NumberCtor, jsonStringify } from "internal:core/primordials";

export const windowId = (page) => ops.page_window_id(ridOf(page));
export const resize = (page, params) => ops.page_resize(ridOf(page), jsonStringify(params));
export const hasDevTools = (page) => ops.page_has_dev_tools(ridOf(page));

// Where the page's tab is in its window; null without tabs.
export async function tabInfo(page) {
  const tab = await ops.page_tab(ridOf(page));
  if (tab === null || tab === undefined) return null;
  const { tabStripIndex: index, tabActive: active = false, tabPinned: pinned = false, tabGroupId } = tab;
  return tabGroupId ? { index, active, pinned, groupId: tabGroupId } : { index, active, pinned };
}

export const bounds = (browser, id) => ops.browser_window_bounds(ridOf(browser), NumberCtor(id));
export const setBounds = (browser, id, wanted) => ops.browser_set_window_bounds(ridOf(browser), NumberCtor(id), jsonStringify(wanted));
export const screens = (browser) => ops.browser_screens(ridOf(browser));
export const addScreen = (browser, params) => ops.browser_add_screen(ridOf(browser), jsonStringify(params));
export const removeScreen = (browser, id) => ops.browser_remove_screen(ridOf(browser), `${id}`);
export const autofill = (handle, data) => ops.element_handle_autofill(ridOf(handle), jsonStringify(data));
