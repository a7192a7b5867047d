// SPDX-License-Identifier: Apache-2.0

import Backends
import Distribution
import Domain
import Synchronization
import Testing

@Suite("Blobs to and from a registry")
struct TransferTests {
    private let bytes = (0..<4_500).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    private var digest: BlobDigest { OCIDocument(bytes).digest }

    private func upload(to hand: HandRegistry) async throws -> Bool {
        let bytes = bytes
        return try await OCIRegistry.testing(hand).upload(
            digest, size: Int64(bytes.count), reading: { Array(bytes[Int($0.lowerBound)..<Int($0.upperBound)]) }, telling: { _ in })
    }

    private func download(_ registry: OCIRegistry, size: Int64? = nil, _ digest: BlobDigest? = nil) async throws -> [UInt8] {
        var found: [UInt8] = []
        for try await piece in registry.blob(digest ?? self.digest, size: size ?? Int64(bytes.count)) { found += piece }
        return found
    }

    @Test("sends a blob in pieces, and not at all when it is there")
    func pieces() async throws {
        let hand = HandRegistry()
        #expect(try await upload(to: hand))
        #expect(hand.requests.filter { $0.hasPrefix("PATCH") }.count == 5)
        #expect(hand.state.withLock { $0.blobs[digest.description] } == bytes)
        #expect(try await !upload(to: hand))
        #expect(hand.state.withLock { $0.received } == bytes.count)
    }

    @Test("goes on where the registry stands after a broken connection, and sends nothing twice")
    func resuming() async throws {
        let hand = HandRegistry { request, number in
            request.method == "PATCH" && number.isMultiple(of: 2) ? .breaksAfter(350) : nil
        }
        #expect(try await upload(to: hand))
        #expect(hand.state.withLock { $0.blobs[digest.description] } == bytes)
        #expect(hand.state.withLock { $0.received } == bytes.count)
        #expect(hand.requests.contains { $0.hasPrefix("GET") && $0.contains("/blobs/uploads/") })
    }

    @Test("begins an upload again that the registry forgot")
    func forgotten() async throws {
        let hand = HandRegistry { request, number in
            number == 5 ? .losesAnswer : number == 7 ? .answers(404, "{\"errors\":[{\"code\":\"BLOB_UPLOAD_INVALID\"}]}") : nil
        }
        #expect(try await upload(to: hand))
        #expect(hand.requests.filter { $0.hasPrefix("POST") }.count == 2)
        #expect(hand.state.withLock { $0.blobs[digest.description] } == bytes)
    }

    @Test("finds a blob there when only the last answer was lost")
    func lostEnd() async throws {
        let hand = HandRegistry { request, _ in request.method == "PUT" ? .losesAnswer : nil }
        #expect(try await upload(to: hand))
        #expect(hand.requests.filter { $0.hasPrefix("PUT") }.count == 1)
    }

    @Test("gives up after failures without a byte between them, and says how to go on")
    func givingUp() async throws {
        let hand = HandRegistry { request, _ in request.method == "PATCH" ? .breaksAfter(0) : nil }
        let problem = await #expect(throws: Problem.self) { try await upload(to: hand) }
        #expect(problem?.code == "oci.registry.unreachable")
        #expect(hand.requests.filter { $0.hasPrefix("PATCH") }.count == 5)
    }

    @Test(
        "says what a registry's refusal means",
        arguments: [
            (405, "{\"errors\":[{\"code\":\"UNSUPPORTED\"}]}", "oci.registry.read-only"), (507, "", "oci.registry.full"),
            (500, "{\"errors\":[{\"code\":\"UNKNOWN\",\"detail\":{\"Err\":28}}]}", "oci.registry.full"),
            (500, "<html>", "oci.registry.failed"),
            (403, "{\"errors\":[{\"code\":\"DENIED\"}]}", "oci.registry.unauthorized"), (413, "", "oci.registry.too-large"),
            (429, "", "oci.registry.busy"), (400, "{\"errors\":[{\"code\":\"NAME_INVALID\"}]}", "oci.registry.refused"),
        ])
    func refusals(status: Int, body: String, code: String) async throws {
        let hand = HandRegistry { request, _ in request.method == "POST" ? .answers(status, body) : nil }
        let problem = await #expect(throws: Problem.self) { try await upload(to: hand) }
        #expect(problem?.code == code)
    }

    @Test("reads on after breaks, also from a registry without ranges", arguments: [true, false])
    func reading(hasRanges: Bool) async throws {
        let hand = HandRegistry { request, number in number < 4 ? .breaksAfter(1_030 * number) : nil }
        hand.hasRanges = hasRanges
        hand.state.withLock { $0.blobs[digest.description] = bytes }
        #expect(try await download(OCIRegistry.testing(hand)) == bytes)
        #expect(hand.requests.count > 1)
    }

    @Test("refuses bytes that are not what the digest says, longer or shorter")
    func tampered() async throws {
        let hand = HandRegistry()
        var others = bytes
        others[17] ^= 1
        hand.state.withLock { $0.blobs[digest.description] = others }
        let registry = try OCIRegistry.testing(hand)
        #expect(await #expect(throws: Problem.self) { try await download(registry) }?.code == "oci.digest.mismatch")
        #expect(await #expect(throws: Problem.self) { try await download(registry, size: 4_000) }?.code == "oci.digest.mismatch")
        #expect(await #expect(throws: Problem.self) { try await download(registry, size: 5_000) }?.code == "oci.registry.unreachable")
    }

    @Test("refuses a manifest that is not what its digest says")
    func tamperedManifest() async throws {
        let hand = HandRegistry()
        hand.state.withLock { $0.manifests[digest.description] = Array("{}".utf8) }
        let registry = try OCIRegistry.testing(hand, "oci://127.0.0.1:5000/x@\(digest)")
        #expect(await #expect(throws: Problem.self) { try await registry.manifest() }?.code == "oci.digest.mismatch")
    }

    @Test("lists what refers to a manifest where the registry does, and by a tag where it does not", arguments: [true, false])
    func referrers(hasReferrers: Bool) async throws {
        let hand = HandRegistry()
        hand.hasReferrers = hasReferrers
        let registry = try OCIRegistry.testing(hand)
        let config = OCIDescriptor(OCIDocument.emptyType, OCIDocument.empty.digest, size: 2)
        let subject = try OCIDocument(of: OCIManifest(artifactType: "a", config: config, layers: []))
        for name in ["first", "second", "second"] {
            let manifest = OCIManifest(
                artifactType: name, config: config, layers: [],
                subject: OCIDescriptor(OCIManifest.mediaType, subject.digest, size: subject.size))
            _ = try await registry.attach(manifest, to: subject.digest)
        }
        #expect(try await registry.referrers(of: subject.digest).compactMap(\.artifactType).sorted() == ["first", "second"])
        #expect(hand.state.withLock { $0.manifests[OCIRegistry.referrersTag(of: subject.digest)] != nil } == !hasReferrers)
    }
}
