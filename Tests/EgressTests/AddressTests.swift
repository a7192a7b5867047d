// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Testing

@Suite("Addresses")
struct AddressTests {
    @Test(
        "tells public addresses from all others, also when they hide in IPv6",
        arguments: [
            ("93.184.215.14", true), ("1.1.1.1", true), ("172.15.255.255", true), ("172.32.0.1", true), ("2606:4700::1111", true),
            ("64:ff9b::101:101", true), ("2002:101:101::1", true),
            ("127.0.0.1", false), ("127.255.255.254", false), ("10.1.2.3", false), ("172.16.0.1", false), ("172.31.255.255", false),
            ("192.168.0.1", false), ("169.254.169.254", false), ("100.64.0.1", false), ("0.0.0.0", false), ("224.0.0.1", false),
            ("255.255.255.255", false), ("198.18.0.1", false), ("192.0.2.1", false), ("::1", false), ("::", false), ("fe80::1", false),
            ("fc00::1", false), ("fd12::1", false), ("ff02::1", false), ("::ffff:127.0.0.1", false), ("::ffff:10.0.0.1", false),
            ("64:ff9b::7f00:1", false), ("2002:7f00:1::1", false), ("2001:db8::1", false), ("2001::1", false), ("::127.0.0.1", false),
        ])
    func publicity(text: String, isPublic: Bool) throws {
        let address = try #require(InternetAddress(text))
        #expect(address.isPublic == isPublic)
    }

    @Test("allows what the setting names, and nothing beside it")
    func allowance() throws {
        let allowance = try EgressAllowance("127.0.0.1, 10.20.0.0/15,Hooks.Internal")
        func permits(_ address: String, _ host: String = "x") -> Bool {
            InternetAddress(address).map { allowance.permits($0, of: host) } ?? false
        }
        #expect(permits("127.0.0.1"))
        #expect(permits("::ffff:127.0.0.1"))
        #expect(!permits("127.0.0.2"))
        #expect(permits("10.21.255.255"))
        #expect(!permits("10.22.0.0"))
        #expect(permits("192.168.1.1", "hooks.internal"))
        #expect(!permits("192.168.1.1", "other.internal"))
        #expect(!EgressAllowance().permits(try #require(InternetAddress("127.0.0.1")), of: "localhost"))
    }

    @Test("refuses settings that name no place", arguments: ["10.0.0.0/33", "http://x/", "a b", "10.0.0", "[::1]"])
    func malformed(text: String) {
        #expect(throws: Problem.self) { try EgressAllowance(text) }
    }

    @Test(
        "takes a URL apart and puts it together again",
        arguments: [
            ("https://Hooks.Example.org/a%20b?x=1", "https://hooks.example.org/a%20b?x=1", "hooks.example.org", 443),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/", "127.0.0.1", 8080), ("http://[::1]:81/", "http://[::1]:81/", "::1", 81),
            ("HTTPS://x:443/", "https://x/", "x", 443),
        ])
    func parsing(text: String, again: String, host: String, port: Int) throws {
        let url = try EgressURL(text)
        #expect((url.text, url.host) == (again, host))
        #expect(url.port == port)
    }

    @Test(
        "refuses other URLs",
        arguments: [
            "ftp://x/", "file:///etc/passwd", "http://user:word@x/", "http://x/#a", "http://", "x", "http://a b/", "http://x:0/",
            "http://[::1",
            "http://a%2fb/", "http://exämple.org/", "http://a\u{0}b/", "http://[fe80::1%25eth0]/",
        ])
    func refusing(text: String) {
        #expect(throws: Problem.self) { try EgressURL(text) }
    }
}
