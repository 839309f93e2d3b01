//! Where a request comes from: the connection's address, or, behind proxies that are ours, the one that they say.
//!
//! `X-Forwarded-For` is read from its right, where each proxy adds whom it heard from: as long as it was one of ours that
//! added, what it added is believed. The first that is none of ours is the client; what stands left of it, it may have made up.
//! `Forwarded` (RFC 7239) is not read: a proxy that sets one of the two passes the other on as the client sent it.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use ipnet::IpNet;
use poem::Request;
use poem::http::HeaderMap;

/// The networks whose connections are our own proxies'. Usually none.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl FromStr for TrustedProxies {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let network =
            |part: &str| part.parse().or_else(|_| part.parse::<IpAddr>().map(|address| network(address, 128)));
        let networks = parts.map(network).collect::<Result<Vec<IpNet>, _>>();
        let networks =
            networks.map_err(|_| "not addresses or networks such as 10.0.0.0/8, with commas between them")?;
        if networks.iter().any(|network| network.prefix_len() == 0) {
            return Err("a network of all addresses would believe everybody");
        }
        Ok(Self(networks.into()))
    }
}

impl TrustedProxies {
    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Who speaks through a connection from `peer`.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        for line in headers.get_all("x-forwarded-for").iter().rev() {
            // A line of other bytes says nothing of whoever wrote those left of it.
            let Ok(line) = line.to_str() else { return client };
            for entry in line.rsplit(',') {
                if !self.trusts(client) {
                    return client;
                }
                // Not an address: the last one that was is who stood there.
                let Some(address) = parse(entry.trim()) else { return client };
                client = address;
            }
        }
        client
    }
}

/// An address, with or without a port.
fn parse(entry: &str) -> Option<IpAddr> {
    let address = entry.parse::<IpAddr>().or_else(|_| entry.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

/// Whose request this is: what limits count, and what the trails keep the network of. `None` where there is no address (a
/// socket file).
pub fn client_address(request: &Request) -> Option<IpAddr> {
    let peer = request.remote_addr().as_socket_addr()?.ip();
    Some(match request.data::<TrustedProxies>() {
        Some(proxies) => proxies.client(peer, request.headers()),
        None => peer.to_canonical(),
    })
}

/// The network that an address is of: of so many bits, or all that it has.
#[must_use]
pub fn network(address: IpAddr, bits: u8) -> IpNet {
    let longest = if address.is_ipv4() { 32 } else { 128 };
    IpNet::new_assert(address, bits.min(longest)).trunc()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &str, peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().expect("a header"));
        }
        headers.append("forwarded", "for=192.0.2.99".parse().expect("a header"));
        let trusted: TrustedProxies = trusted.parse().expect("networks");
        trusted.client(peer.parse().expect("an address"), &headers).to_string()
    }

    #[test]
    fn only_what_our_own_proxies_added_is_believed() {
        let ours = "10.0.0.0/8, 192.0.2.7, fd00::/8";
        for (peer, lines, expected) in [
            // Nobody else is believed, nor what stands left of somebody else.
            ("203.0.113.5", &["198.51.100.1"][..], "203.0.113.5"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["198.51.100.1, 203.0.113.9, 192.0.2.7"], "203.0.113.9"),
            ("10.0.0.1", &["198.51.100.1", "203.0.113.9", "10.2.3.4,10.9.9.9"], "203.0.113.9"),
            ("192.0.2.8", &["198.51.100.1"], "192.0.2.8"),
            // All of them ours: the first that one heard from.
            ("10.0.0.1", &["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
            ("10.0.0.1", &[], "10.0.0.1"),
            // What is no address ends it.
            ("10.0.0.1", &["198.51.100.1, unknown, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &["198.51.100.1, , 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &["gibberish"], "10.0.0.1"),
            ("10.0.0.1", &[""], "10.0.0.1"),
            // Other ways to write one.
            ("10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("10.0.0.1", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("::ffff:10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("fd00::1", &["2001:db8::1"], "2001:db8::1"),
            ("2001:db8::2", &["2001:db8::1"], "2001:db8::2"),
        ] {
            assert_eq!(client(ours, peer, lines), expected, "{peer} {lines:?}");
        }
        for peer in ["127.0.0.1", "10.0.0.1"] {
            assert_eq!(client("", peer, &["198.51.100.1"]), peer, "nobody is trusted unless told");
        }
    }

    #[test]
    fn bad_settings_are_refused() {
        for bad in ["10.0.0.0/33", "proxy.example", "10.0.0.0/8;10.1.0.0/16", "0.0.0.0/0", "::/0"] {
            assert!(bad.parse::<TrustedProxies>().is_err(), "{bad}");
        }
        for good in ["", "10.0.0.1", "::1", "10.0.0.0/8,2001:db8::/32"] {
            assert!(good.parse::<TrustedProxies>().is_ok(), "{good}");
        }
    }

    #[test]
    fn networks_are_named_by_their_first_address() {
        let named = |address: &str, bits| network(address.parse().expect("an address"), bits).to_string();
        assert_eq!(named("198.51.100.77", 24), "198.51.100.0/24");
        assert_eq!(named("2001:db8:1:2:3::4", 48), "2001:db8:1::/48");
        assert_eq!(named("2001:db8:1:2:3::4", 64), "2001:db8:1:2::/64");
    }
}
