// SPDX-License-Identifier: Apache-2.0

package import API
import Crypto
import Foundation

/// How many things of each kind there are, and a digest over them that does not depend on their order.
///
/// The digest is the sum, modulo 2²⁵⁶, of the SHA-256 of each thing's line, so two sides that hold the same have the same digests.
package struct Tally: Codable, Equatable, Sendable {
    package struct Kind: Codable, Equatable, Sendable {
        package var count: Int64 = 0
        /// Four words, the lowest first.
        var sum: [UInt64] = [0, 0, 0, 0]

        package var digest: String {
            sum.reversed().map { word in
                let digits = String(word, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.joined()
        }
    }

    package private(set) var kinds: [String: Kind] = [:]

    package init() {}

    package mutating func add(_ record: ExperimentRecord) {
        add("experiments", record.name, record.lifecycle)
        add(record.tags, of: "experiment/\(record.name)")
    }

    package mutating func add(_ record: RunRecord) {
        let ended = record.ended.map(String.init) ?? ""
        add("runs", record.id, record.name, record.author, record.status, record.lifecycle, String(record.started), ended)
        for param in record.params { add("params", record.id, param.key, param.value) }
        add(record.tags, of: record.id)
        for input in record.inputs { add("inputs", record.id, input.name, input.digest, input.context ?? "") }
    }

    package mutating func add(_ record: SeriesRecord) {
        for index in record.steps.indices {
            let value = record.values[index].map { String(($0 == 0 ? 0 : $0).bitPattern) } ?? "nan"
            add("metrics", record.run, record.key, String(record.steps[index]), String(record.times[index]), value)
        }
    }

    package mutating func add(_ record: LoggedModelRecord) {
        add("loggedModels", record.id, record.name, record.status, record.lifecycle)
        for param in record.params { add("params", record.id, param.key, param.value) }
        add(record.tags, of: record.id)
    }

    package mutating func add(_ record: ArtifactRecord) {
        add("artifacts", record.run ?? record.loggedModel ?? "", record.path, record.digest)
    }

    package mutating func add(_ record: RegisteredModelRecord) {
        add("models", record.name, record.description ?? "")
        add(record.tags, of: "model/\(record.name)")
        add(aliasesOf: record)
    }

    package mutating func add(aliasesOf record: RegisteredModelRecord) {
        for alias in record.aliases { add("aliases", record.name, alias.alias, String(alias.version)) }
    }

    package mutating func add(_ record: VersionRecord) {
        add("versions", record.model, String(record.version), record.environment, record.run ?? "", record.description ?? "")
        add(record.tags, of: "model/\(record.model)/\(record.version)")
    }

    package mutating func add(blob digest: String, size: Int64) {
        add("blobs", digest, String(size))
    }

    private mutating func add(_ tags: [TagBody], of owner: String) {
        for tag in tags { add("tags", owner, tag.key, tag.value) }
    }

    private mutating func add(_ kind: String, _ fields: String...) {
        // Lengths keep the fields apart whatever they contain.
        let line = fields.map { "\($0.utf8.count):\($0)" }.joined()
        let bytes = Array(SHA256.hash(data: Data(line.utf8)))
        kinds[kind, default: Kind()].count += 1
        var carry: UInt64 = 0
        for word in 0..<4 {
            let value = bytes[word * 8..<word * 8 + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let (first, overflow) = kinds[kind, default: Kind()].sum[word].addingReportingOverflow(value)
            let (second, more) = first.addingReportingOverflow(carry)
            kinds[kind, default: Kind()].sum[word] = second
            carry = overflow || more ? 1 : 0
        }
    }
}
