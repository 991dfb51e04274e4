import { equal, fails, record, watch } from "watch";
watch(page);
await page.goto(`${vars.site}/form.html`);
await page.bluetooth.emulateAdapter("powered-on");
await page.bluetooth.simulatePreconnectedPeripheral({
  address: "09:09:09:09:09:09", name: "Thermometer", manufacturerData: [{ key: 17, data: "AP8BAX8=" }],
  knownServiceUuids: ["12345678-1234-5678-9abc-def123456789"],
});
const ask = () => page.evaluate(() => {
  window.chosen = "";
  document.body.onclick = () => {
    navigator.bluetooth.requestDevice({ acceptAllDevices: true }).then((device) => { chosen = device.name; }, (error) => { chosen = error.name; });
  };
});
await ask();
const [prompt] = await Promise.all([page.waitForDevicePrompt(), page.click("body")]);
equal(prompt instanceof puppeteer.DeviceRequestPrompt, true);
const device = await prompt.waitForDevice(({ id }) => id === "09:09:09:09:09:09");
equal(prompt.devices.includes(device), true);
await fails(prompt.waitForDevice(() => false, { timeout: 5 }), "waiting for device failed: timeout 5ms exceeded");
await fails(prompt.select({ id: device.id, name: "" }), "Cannot select unknown device!");
await prompt.select(device);
await page.waitForFunction(() => chosen === "Thermometer");
await fails(prompt.cancel(), "Cannot cancel DeviceRequestPrompt which is already handled!");
await ask();
const [other] = await Promise.all([page.waitForDevicePrompt({ timeout: 5000 }), page.click("body")]);
await other.cancel();
await page.waitForFunction(() => chosen === "NotFoundError");
await fails(page.waitForDevicePrompt({ timeout: 1 }), "waiting for device prompt failed: timeout 1ms exceeded");
await page.bluetooth.disableEmulation();
record(results);
