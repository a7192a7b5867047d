// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Delivery
package import Domain
import Foundation
import Governance
import Provenance
package import Registry

/// What is said about an artifact in the registry, as an in-toto statement (v1) to be signed.
package enum ModelStatement {
    package static let type = "https://in-toto.io/Statement/v1"
    /// Which version the artifact is, and its signature: names, types and shapes.
    package static let versionType = "urn:dhow:model-version:v1"
    /// How a gate judged it.
    package static let gateType = "urn:dhow:gate-report:v1"

    package static func version(_ version: ModelVersion, pushedAs manifest: BlobDigest, to reference: OCIReference) -> JSONValue {
        var predicate: [String: JSONValue] = [
            "model": .string(version.model), "version": .integer(version.number), "content": .string(version.content.description),
            "created": .string(version.created.rfc3339), "snapshots": .array(version.snapshots.map { .string($0) }),
        ]
        predicate["signature"] = version.signature
        predicate["codeCommit"] = version.codeCommit.map { .string($0) }
        predicate["environmentLock"] = version.environmentLock.map { .string($0) }
        predicate["featureService"] = version.featureService.map { .string($0) }
        return statement(versionType, about: manifest, reference, .object(predicate))
    }

    /// The report's own text, whose digest an approval refers to.
    package static func gateReport(_ report: GateReport, about manifest: BlobDigest, at reference: OCIReference) throws -> JSONValue {
        statement(
            gateType, about: manifest, reference,
            [
                "report": .string(report.id), "digest": .string(report.digest.description), "gate": .string(report.gate),
                "outcome": .string(report.outcome.rawValue), "document": .string(try report.document()),
            ])
    }

    private static func statement(
        _ predicateType: String, about manifest: BlobDigest, _ reference: OCIReference, _ predicate: JSONValue
    ) -> JSONValue {
        [
            "_type": .string(type),
            "subject": [
                [
                    "name": .string("\(reference.authority)/\(reference.repository)"),
                    "digest": ["sha256": .string(manifest.hexadecimal)],
                ]
            ],
            "predicateType": .string(predicateType), "predicate": predicate,
        ]
    }
}
