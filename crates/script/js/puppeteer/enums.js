// The names that newer Puppeteers have for events, buttons and types.
export const PageEvent = {
  Close: "close", Console: "console", Dialog: "dialog", DOMContentLoaded: "domcontentloaded", Error: "error",
  FrameAttached: "frameattached", FrameDetached: "framedetached", FrameNavigated: "framenavigated", Load: "load",
  Metrics: "metrics", PageError: "pageerror", Popup: "popup", Request: "request",
  RequestServedFromCache: "requestservedfromcache", RequestFailed: "requestfailed", RequestFinished: "requestfinished",
  Response: "response", WorkerCreated: "workercreated", WorkerDestroyed: "workerdestroyed", Issue: "issue",
};

export const BrowserEvent = {
  Disconnected: "disconnected", TargetChanged: "targetchanged", TargetCreated: "targetcreated",
  TargetDestroyed: "targetdestroyed", TargetDiscovered: "targetdiscovered",
};

export const BrowserContextEvent = {
  TargetChanged: "targetchanged", TargetCreated: "targetcreated", TargetDestroyed: "targetdestroyed",
};

export const LocatorEvent = { Action: "action" };
export const WebWorkerEvent = { Console: "console", Error: "error" };
export const CDPSessionEvent = { SessionAttached: "sessionattached", SessionDetached: "sessiondetached" };
export const MouseButton = { Left: "left", Right: "right", Middle: "middle", Back: "back", Forward: "forward" };

export const TargetType = {
  PAGE: "page", BACKGROUND_PAGE: "background_page", SERVICE_WORKER: "service_worker", SHARED_WORKER: "shared_worker",
  BROWSER: "browser", WEBVIEW: "webview", OTHER: "other", TAB: "tab",
};

export const AutofillAddressField = {
  NameFirst: "NAME_FIRST", NameMiddle: "NAME_MIDDLE", NameLast: "NAME_LAST", NameFull: "NAME_FULL",
  EmailAddress: "EMAIL_ADDRESS", PhoneHomeNumber: "PHONE_HOME_NUMBER",
  PhoneHomeCityAndNumber: "PHONE_HOME_CITY_AND_NUMBER", PhoneHomeWholeNumber: "PHONE_HOME_WHOLE_NUMBER",
  AddressHomeLine1: "ADDRESS_HOME_LINE1", AddressHomeLine2: "ADDRESS_HOME_LINE2",
  AddressHomeStreetAddress: "ADDRESS_HOME_STREET_ADDRESS", AddressHomeCity: "ADDRESS_HOME_CITY",
  AddressHomeState: "ADDRESS_HOME_STATE", AddressHomeZip: "ADDRESS_HOME_ZIP", AddressHomeCountry: "ADDRESS_HOME_COUNTRY",
};

export const DEFAULT_INTERCEPT_RESOLUTION_PRIORITY = 0;

// Nine tenths of what the networks promise, with the delay that requests have on them.
const slow3g = { download: ((500 * 1000) / 8) * 0.8, upload: ((500 * 1000) / 8) * 0.8, latency: 400 * 5 };
const fast3g = { download: ((1.6 * 1000 * 1000) / 8) * 0.9, upload: ((750 * 1000) / 8) * 0.9, latency: 150 * 3.75 };
const fast4g = { download: ((9 * 1000 * 1000) / 8) * 0.9, upload: ((1.5 * 1000 * 1000) / 8) * 0.9, latency: 60 * 2.75 };

export const PredefinedNetworkConditions = {
  "Slow 3G": slow3g, "Fast 3G": fast3g, "Slow 4G": fast3g, "Fast 4G": fast4g,
};
