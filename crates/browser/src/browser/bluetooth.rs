//! A Bluetooth adapter that is not there. The whole browser believes in it, until the job that has switched it on is gone.

use serde_json::{Value, json};

use super::Browser;
use crate::error::Error;

impl Browser {
    /// Puts an adapter in that state in the place of the machine's, by
    /// [`BluetoothEmulation.enable`](https://chromedevtools.github.io/devtools-protocol/tot/BluetoothEmulation/#method-enable). Pages
    /// see it where Chromium has Web Bluetooth: on Linux with `--enable-features=WebBluetooth`.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn emulate_bluetooth_adapter(&self, state: &str, le_supported: bool) -> Result<(), Error> {
        self.disable_bluetooth_emulation().await?;
        self.emulates_bluetooth.set(true);
        let adapter = json!({"state": state, "leSupported": le_supported});
        self.session.send_raw("BluetoothEmulation.enable", adapter).await?;
        Ok(())
    }

    /// Ends the emulation.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn disable_bluetooth_emulation(&self) -> Result<(), Error> {
        self.session.send_raw("BluetoothEmulation.disable", json!({})).await?;
        self.emulates_bluetooth.set(false);
        Ok(())
    }

    /// Puts a device near the adapter, given in CDP's form.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn simulate_bluetooth_peripheral(&self, peripheral: Value) -> Result<(), Error> {
        self.session.send_raw("BluetoothEmulation.simulatePreconnectedPeripheral", peripheral).await?;
        Ok(())
    }

    /// Ends what the job has switched on.
    pub(super) async fn end_bluetooth_emulation(&self) -> Result<(), Error> {
        if self.emulates_bluetooth.get() { self.disable_bluetooth_emulation().await } else { Ok(()) }
    }
}
