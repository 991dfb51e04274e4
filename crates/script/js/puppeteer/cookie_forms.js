// The forms in which newer Puppeteers give and take cookies, and the protocol's.
import { modern } from "internal:core/api";
import { assign } from "internal:core/primordials";

// A partition is the site's address, or an object with it.
export function toProtocol(cookie) {
  const told = assign({}, cookie);
  const { partitionKey, sameSite } = cookie;
  if (typeof partitionKey === "string") told.partitionKey = { topLevelSite: partitionKey, hasCrossSiteAncestor: false };
  else if (typeof partitionKey === "object" && partitionKey !== null && partitionKey.sourceOrigin !== undefined) {
    const { sourceOrigin, hasCrossSiteAncestor = false } = partitionKey;
    told.partitionKey = { topLevelSite: sourceOrigin, hasCrossSiteAncestor };
  }
  if (sameSite === "Default") delete told.sameSite;
  return told;
}

// As a browser context tells it.
export function fromProtocol(cookie) {
  const { partitionKey } = cookie;
  if (typeof partitionKey === "object" && partitionKey !== null) {
    const { topLevelSite, hasCrossSiteAncestor } = partitionKey;
    cookie.partitionKey = { sourceOrigin: topLevelSite, hasCrossSiteAncestor };
  }
  return cookie;
}

// As a page tells it: the partition is the site alone. Newer Puppeteers leave out what others than Chromium do not have.
export function ofPage(cookie) {
  if (modern) delete cookie.sourcePort;
  const { partitionKey } = cookie;
  if (typeof partitionKey === "object" && partitionKey !== null) cookie.partitionKey = partitionKey.topLevelSite;
  return cookie;
}
