// SPDX-License-Identifier: Apache-2.0

import Backends
package import Delivery
package import Domain
package import Governance
package import Provenance
package import Registry

/// The use case of pushes: a version's files, then what is said about them, to a registry.
///
/// A push that broke off is simply made again: what the registry has is not sent twice. The tag is set last of the version, so it never
/// names half of one.
package struct ModelPushes: Sendable {
    /// Gate reports that are looked at for the last of each gate.
    private static let maximumReports = 1_000

    private let governor: Governor
    private let registry: ModelRegistry
    private let gates: Gates
    private let attestations: Attestations
    private let access: RegistryAccess

    package init(
        governor: Governor, registry: ModelRegistry, gates: Gates, attestations: Attestations, access: RegistryAccess
    ) {
        self.governor = governor
        self.registry = registry
        self.gates = gates
        self.attestations = attestations
        self.access = access
    }

    /// What is in the registry afterwards.
    package struct Outcome: Codable, Sendable, Equatable {
        package var version: Int64
        package var reference: String
        package var manifest: BlobDigest
        package var files: Int
        /// Of all files.
        package var bytes: Int64
        /// Files that were there already.
        package var kept: Int
        package var attached: [Attached]
    }

    package struct Attached: Codable, Sendable, Equatable {
        package var predicateType: String
        package var manifest: BlobDigest
    }

    /// A push whose parts are all there, before anything goes out.
    package struct Prepared: Sendable {
        package var version: ModelVersion
        var statements: [SignedEnvelope]
        var manifest: OCIDocument
        var config: OCIDocument
        var remote: OCIRegistry
    }

    /// Reads what is to be sent and makes the statements about it. All that is wrong here is told before a byte is sent.
    package func prepare(
        _ model: String, _ reference: VersionReference, to place: String, _ choice: RegistryAccess.Choice, by caller: Caller
    ) async throws -> Prepared {
        try governor.require(.registryWrite, of: caller)
        let target = try OCIReference(place)
        guard target.digest == nil else {
            throw Problem(
                .invalid, "oci.reference.pinned", "A push cannot say which digest it will have.", fix: "Give a tag, or nothing.")
        }
        let version = try await registry.version(model, reference, by: caller)
        guard !version.files.isEmpty else {
            throw Problem(
                .conflict, "oci.version.empty", "\(version.resource) has no files that could be pushed.",
                why: "Its source is not in this store.", fix: "Register a version whose artifacts are kept here.")
        }
        let remote = try await access.registry(target, .push, choice, by: caller)
        let (manifest, config) = try ModelPack.pack(version)
        guard manifest.bytes.count <= OCIManifest.maximumBytes else {
            throw Problem(
                .tooLarge, "oci.document.too-large", "\(version.resource) has too many files for one manifest.",
                why: "It would have \(manifest.bytes.count) bytes; registries take \(OCIManifest.maximumBytes).")
        }
        var statements = [
            try attestations.sign(ModelStatement.version(version, pushedAs: manifest.digest, to: target))
        ]
        if let provenance = try await provenance(of: version, by: caller) { statements.append(provenance) }
        for report in try await lastReports(of: version, by: caller) {
            statements.append(try attestations.sign(ModelStatement.gateReport(report, about: manifest.digest, at: target)))
        }
        return Prepared(version: version, statements: statements, manifest: manifest, config: config, remote: remote)
    }

    /// Sends it. That it goes out stands in the ledger before, as `model.push-begun`, and that it is there after, as `model.pushed`.
    package func push(
        _ prepared: Prepared, by caller: Caller, telling: @escaping @Sendable (TransferProgress) -> Void = { _ in }
    ) async throws -> Outcome {
        let (version, remote) = (prepared.version, prepared.remote)
        // Each of the two changes is one of its own, and a repetition sends nothing twice.
        let caller = Caller(session: caller.session, workspace: caller.workspace, requestID: caller.requestID)
        let facts: [String: JSONValue] = [
            "to": .string(remote.reference.text), "manifest": .string(prepared.manifest.digest.description),
            "content": .string(version.content.description),
        ]
        try await record("model.push-begun", version, facts, by: caller)
        var outcome = Outcome(
            version: version.number, reference: remote.reference.text, manifest: prepared.manifest.digest, files: version.files.count,
            bytes: version.files.reduce(0) { $0 + $1.size }, kept: 0, attached: [])
        var done: Int64 = 0
        for file in version.files {
            let (before, total) = (done, outcome.bytes)
            let wasSent = try await remote.upload(
                file.digest, size: file.size, reading: { try await bytes(of: file, $0, version, by: caller) },
                telling: { telling(TransferProgress(file: file.path, done: before + $0, total: total)) })
            if !wasSent { outcome.kept += 1 }
            done += file.size
            telling(TransferProgress(file: file.path, done: done, total: total))
        }
        _ = try await remote.upload(prepared.config.bytes, prepared.config.digest)
        try await remote.put(prepared.manifest, as: prepared.manifest.digest.description)
        outcome.attached = try await attach(prepared)
        // Last, so that whoever pulls the tag finds all of it.
        try await remote.put(prepared.manifest, as: remote.reference.name)
        var told = facts
        told["attached"] = .array(outcome.attached.map { .string($0.manifest.description) })
        try await record("model.pushed", version, told, by: caller)
        return outcome
    }

    private func attach(_ prepared: Prepared) async throws -> [Attached] {
        let remote = prepared.remote
        let subject = OCIDescriptor(
            OCIManifest.mediaType, prepared.manifest.digest, size: prepared.manifest.size, artifactType: ModelPack.artifactType)
        _ = try await remote.upload(OCIDocument.empty.bytes, OCIDocument.empty.digest)
        var attached: [Attached] = []
        for envelope in prepared.statements {
            let bundle = try OCIDocument(of: SigstoreBundle(envelope))
            _ = try await remote.upload(bundle.bytes, bundle.digest)
            let type = Self.predicateType(of: envelope)
            let manifest = OCIManifest(
                artifactType: SigstoreBundle.mediaType,
                config: OCIDescriptor(OCIDocument.emptyType, OCIDocument.empty.digest, size: OCIDocument.empty.size),
                layers: [OCIDescriptor(SigstoreBundle.mediaType, bundle.digest, size: bundle.size)], subject: subject,
                annotations: [
                    "dev.sigstore.bundle.content": "dsse-envelope", "dev.sigstore.bundle.predicateType": type,
                    "org.opencontainers.image.created": prepared.version.created.rfc3339,
                ])
            let document = try await remote.attach(manifest, to: prepared.manifest.digest)
            attached.append(Attached(predicateType: type, manifest: document.digest))
        }
        return attached
    }

    private func bytes(of file: VersionFile, _ range: Range<Int64>, _ version: ModelVersion, by caller: Caller) async throws -> [UInt8] {
        guard !range.isEmpty else { return [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        for try await piece in try await registry.open(file.path, of: version, range: range, by: caller).bytes { bytes += piece }
        return bytes
    }

    /// Nil for a version that no pipeline made.
    private func provenance(of version: ModelVersion, by caller: Caller) async throws -> SignedEnvelope? {
        do {
            return try await attestations.provenance(of: version.model, .number(version.number), by: caller)
        } catch let problem as Problem where problem.code == "provenance.attestation.absent" {
            return nil
        }
    }

    private func lastReports(of version: ModelVersion, by caller: Caller) async throws -> [GateReport] {
        let reports = try await gates.reports(
            of: version.model, version: Int(version.number), limit: Self.maximumReports, by: caller)
        var seen: Set<String> = []
        return reports.filter { seen.insert($0.gate).inserted }
    }

    private func record(_ verb: String, _ version: ModelVersion, _ facts: [String: JSONValue], by caller: Caller) async throws {
        _ = try await governor.change(.registryWrite, by: caller) { change in
            try change.record(verb, on: version.resource, facts)
            return Nothing()
        }
    }

    private static func predicateType(of envelope: SignedEnvelope) -> String {
        AttachedStatement.statement(in: envelope)?["predicateType"]?.text ?? ""
    }
}
