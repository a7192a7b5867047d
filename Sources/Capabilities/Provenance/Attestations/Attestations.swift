// SPDX-License-Identifier: Apache-2.0

package import Backends
import Crypto
package import Domain
import Foundation
package import Governance
package import Pipelines
package import Registry
import Tracking

/// The use cases of attestations: one about how it was made, for each version that an execution registers.
package struct Attestations: Sendable {
    /// Bytes of a statement, of which nearly all are parameters and names of files.
    package static let largestStatement = 4 << 20

    private let governor: Governor
    private let registry: ModelRegistry
    private let executions: Executions
    private let signer: AttestationSigner
    private let builder: ProvenanceStatement.Builder

    package init(
        governor: Governor, registry: ModelRegistry, executions: Executions, signer: AttestationSigner,
        builder: ProvenanceStatement.Builder
    ) {
        self.governor = governor
        self.registry = registry
        self.executions = executions
        self.signer = signer
        self.builder = builder
    }

    package var publicKey: String { signer.publicKey }
    package var verifyingKey: AttestationKey { signer.verifyingKey }

    /// Signs a statement of another capability with the installation's key.
    package func sign(_ statement: JSONValue) throws -> SignedEnvelope {
        try signer.sign(Array(try statement.compactText().utf8), as: SignedEnvelope.statementType)
    }

    /// Keeps the provenance that came with a version from elsewhere, as part of the change that registers it.
    package static func keep(_ envelope: SignedEnvelope, of version: ModelVersion, in change: Change) throws {
        let text = String(decoding: try JSONEncoder.stable.encode(envelope), as: UTF8.self)
        _ = try AttestationTable(transaction: change.transaction, workspace: change.workspace).insert(
            text, of: version.id, ProvenanceStatement.predicateType, at: change.time)
    }

    /// States and signs how a version was made; once, whoever asks again.
    ///
    /// - Parameter unit: The step of the version's execution, or its run, that registered it.
    package func attest(_ version: ModelVersion, registeredBy unit: StepUnit, in workspace: String) async throws {
        let caller = Caller.controller("provenance", in: workspace)
        guard let executionID = version.executionID else { return }
        let report = try await executions.get(executionID, by: caller)
        let (snapshots, keys) = try await facts(of: version, report, caller)
        let statement = ProvenanceStatement(
            version: version, report: report, unit: unit, snapshots: snapshots, keys: keys, builder: builder)
        let payload = Array(try statement.json().compactText().utf8)
        guard payload.count <= Self.largestStatement else {
            throw Problem(
                .tooLarge, "provenance.statement.large", "The provenance of \(version.resource) has \(payload.count) bytes.",
                why: "At most \(Self.largestStatement) are signed.", fix: "Give the pipeline smaller parameters: files rather than lists.")
        }
        let envelope = String(
            decoding: try JSONEncoder.stable.encode(signer.sign(payload, as: SignedEnvelope.statementType)), as: UTF8.self)
        _ = try await governor.change(.registryWrite, by: caller) { change in
            let table = AttestationTable(transaction: change.transaction, workspace: change.workspace)
            guard try table.insert(envelope, of: version.id, ProvenanceStatement.predicateType, at: change.time) else { return true }
            try change.record(
                "version.attested", on: version.resource,
                [
                    "predicateType": .string(ProvenanceStatement.predicateType),
                    "payload": .string(BlobDigest(sha256: SHA256.hash(data: payload)).description), "key": .string(signer.keyID),
                ])
            return true
        }
    }

    /// The signed provenance of a version.
    ///
    /// - Throws: `Problem` `.notFound` for a version that no execution registered.
    package func provenance(of model: String, _ reference: VersionReference, by caller: Caller) async throws -> SignedEnvelope {
        let version = try await registry.version(model, reference, by: caller)
        let envelope = try await governor.read(.registryRead, by: caller) {
            try AttestationTable(transaction: $0, workspace: caller.workspace).find(version.id, ProvenanceStatement.predicateType)
        }
        guard let envelope else {
            throw Problem(
                .notFound, "provenance.attestation.absent", "There is no provenance of version \(version.number) of '\(model.printable)'.",
                why: "It was not registered by a step of a pipeline, which is what can be attested.",
                fix: "Register it with a step of kind register.")
        }
        return try JSONDecoder().decode(SignedEnvelope.self, from: Data(envelope.utf8))
    }

    /// Why a version must not answer: its provenance is signed, and the signature does not hold, or other files were signed; nil when
    /// nothing speaks against it, as where nothing was signed.
    package static func fault(
        of version: ModelVersion, in workspace: String, signer: AttestationSigner, _ transaction: any Transaction
    ) throws -> String? {
        let table = AttestationTable(transaction: transaction, workspace: workspace)
        guard let text = try table.find(version.id, ProvenanceStatement.predicateType) else { return nil }
        let name = "The signed provenance of version \(version.number) of '\(version.model.printable)'"
        guard let envelope = try? JSONDecoder().decode(SignedEnvelope.self, from: Data(text.utf8)), signer.verifyingKey.verifies(envelope),
            let statement = Data(base64Encoded: envelope.payload).flatMap({ try? JSONDecoder().decode(JSONValue.self, from: $0) })
        else { return "\(name) does not verify any more." }
        let signed = Set((statement["subject"]?.array ?? []).compactMap { $0["digest"]?["sha256"]?.text })
        guard version.files.allSatisfy({ signed.contains($0.digest.hexadecimal) }) else { return "\(name) is of other files than it has." }
        return nil
    }

    private func facts(
        of version: ModelVersion, _ report: ExecutionReport, _ caller: Caller
    ) async throws -> (snapshots: [Snapshot], keys: [String: StepKey]) {
        let keyed = report.results.compactMap { result in result.unit.item == nil ? result.key.map { (result.unit.step, $0) } : nil }
        return try await governor.read(.registryRead, by: caller) { transaction in
            let table = SnapshotTable(transaction: transaction, workspace: caller.workspace)
            let executions = ExecutionTable(transaction: transaction)
            var keys: [String: StepKey] = [:]
            for (step, key) in keyed { keys[step] = try executions.parts(of: key, in: caller.workspace) }
            return (try version.snapshots.compactMap { try table.find($0) }, keys)
        }
    }
}

extension JSONEncoder {
    /// The same bytes for the same value.
    fileprivate static var stable: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
