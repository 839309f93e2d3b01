//! Who knocks, as far as a request shows it: the program, the network, the device. Kept with a session, so that a person recognises
//! their own; no more of an address than its network, since the whole is nobody's business later.

use std::net::IpAddr;

use poem::Request;
use uuid::Uuid;

use super::proxies::{self, client_address};
use crate::central::audit::Event;
use crate::ids::RequestId;

/// The most of a user agent that is kept, in characters.
const USER_AGENT: usize = 400;
/// The most of an unknown program's name that is shown.
const SHOWN: usize = 40;

/// Where a request comes from.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    /// What the program says it is.
    pub user_agent: Option<String>,
    /// The network: `192.0.2.0/24`, `2001:db8:1::/48`.
    pub network: Option<String>,
    /// The device, where it is known: see [`crate::central::devices`].
    pub device: Option<Uuid>,
    /// The request.
    pub request: Option<Uuid>,
}

impl Visitor {
    /// Reads a request; its device is not known yet.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let agent = request.header("user-agent").map(|text| text.chars().take(USER_AGENT).collect());
        Self {
            user_agent: agent,
            network: client_address(request).map(network),
            device: None,
            request: request.data::<RequestId>().map(|id| id.0),
        }
    }

    /// An event of this request.
    #[must_use]
    pub fn event(&self, action: &'static str) -> Event<'_> {
        Event { action, request: self.request, network: self.network.as_deref(), ..Event::default() }
    }

    /// The device's name, for people to read.
    #[must_use]
    pub fn device_name(&self) -> String {
        device_name(self.user_agent.as_deref())
    }
}

/// An address's network, as text: /24 for IPv4, /48 for IPv6.
#[must_use]
pub fn network(address: IpAddr) -> String {
    let address = address.to_canonical();
    proxies::network(address, if address.is_ipv4() { 24 } else { 48 }).to_string()
}

/// A readable name of what a user agent says: `Firefox on Linux`. Programs that we do not know are shown as they call themselves.
#[must_use]
pub fn device_name(user_agent: Option<&str>) -> String {
    // The first that is found counts: most browsers claim to be the others, too.
    const BROWSERS: [(&str, &str); 7] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Macintosh", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let Some(agent) = user_agent else { return "Unknown device".to_owned() };
    let named =
        |names: &[(&str, &'static str)]| names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    let browser = named(&BROWSERS).or_else(|| agent.contains("Safari/").then_some("Safari"));
    if let (Some(browser), Some(system)) = (browser, named(&SYSTEMS)) {
        return format!("{browser} on {system}");
    }
    // It is shown to people, on pages and in mails: nothing that could be markup, or hide or reorder what stands beside it.
    let harmless = |c: &char| c.is_alphanumeric() || " -_.,;:/()+".contains(*c);
    let shown: String = agent.chars().filter(harmless).take(SHOWN).collect();
    if shown.trim().is_empty() { "Unknown device".to_owned() } else { shown.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_its_network_is_kept() {
        for (address, expected) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
            ("::1", "::/48"),
        ] {
            assert_eq!(network(address.parse().expect(address)), expected);
        }
    }

    #[test]
    fn a_device_is_named_as_people_call_it() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (agent, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(), "Firefox on Linux"),
            (
                format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/140.0.0.0 Safari/537.36"),
                "Chrome on Windows",
            ),
            (
                format!("Mozilla/5.0 (Windows NT 10.0) {webkit} Chrome/140.0.0.0 Safari/537.36 Edg/140.0"),
                "Edge on Windows",
            ),
            (
                format!("Mozilla/5.0 (Linux; Android 15) {webkit} Chrome/140.0.0.0 Mobile Safari/537.36"),
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_5) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15"
                    .to_owned(),
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) CriOS/140.0 Safari/604.1".to_owned(),
                "Chrome on iPhone",
            ),
            ("practice-sync/1.2 (nightly)".to_owned(), "practice-sync/1.2 (nightly)"),
            ("<b>\u{7}\u{202e}bad</b>".to_owned(), "bbad/b"),
            ("\u{200b}".to_owned(), "Unknown device"),
        ] {
            assert_eq!(device_name(Some(&agent)), expected, "{agent}");
        }
        assert_eq!(device_name(Some(&"x".repeat(400))).len(), 40);
        assert_eq!(device_name(None), "Unknown device");
    }
}
