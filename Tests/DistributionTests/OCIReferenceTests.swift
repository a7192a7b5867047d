// SPDX-License-Identifier: Apache-2.0

import Distribution
import Domain
import Testing

@Suite("References to registries")
struct OCIReferenceTests {
    private static let digest = String(repeating: "a", count: 64)

    @Test(
        "takes a reference apart and puts it together again",
        arguments: [
            ("oci://Registry.example.org/models/churn:3", "registry.example.org", "models/churn", "3"),
            ("oci://127.0.0.1:5000/churn", "127.0.0.1:5000", "churn", "latest"),
            ("oci://[::1]:5000/a/b__c/d-e.f:V1.0_x", "[::1]:5000", "a/b__c/d-e.f", "V1.0_x"),
            ("oci://localhost/x@sha256:\(digest)", "localhost", "x", "sha256:\(digest)"),
            ("oci://h/x:1@sha256:\(digest)", "h", "x", "sha256:\(digest)"),
        ])
    func parsing(text: String, authority: String, repository: String, name: String) throws {
        let reference = try OCIReference(text)
        #expect((reference.authority, reference.repository, reference.name) == (authority, repository, name))
        #expect(reference.text.lowercased() == text.lowercased())
    }

    @Test(
        "refuses what names no place",
        arguments: [
            "churn", "https://h/x", "oci://h", "oci:///x", "oci://h/", "oci://h/X", "oci://h/a//b", "oci://h/a___b", "oci://h/a..b",
            "oci://h/-a", "oci://h/a:", "oci://h/a:.b", "oci://h/a@sha256:00", "oci://h/a@md5:00", "oci://user:word@h/a", "oci://h/../a",
            "oci://h/a?b", "oci://h/a:x/y", "oci://h/a%2fb",
        ])
    func refusing(text: String) {
        #expect(throws: Problem.self) { try OCIReference(text) }
    }

    @Test("knows this machine, which is spoken to without TLS")
    func loopback() throws {
        for host in ["127.0.0.1:1", "127.9.9.9", "localhost:5000", "[::1]"] { #expect(try OCIReference("oci://\(host)/x").isLoopback) }
        for host in ["10.0.0.1", "registry.example.org", "localhost.example.org"] {
            #expect(try !OCIReference("oci://\(host)/x").isLoopback)
        }
    }
}
