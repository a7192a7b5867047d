// SPDX-License-Identifier: Apache-2.0

import Domain
import Expressions

/// A condition in CEL (docs/expressions.md) for what no other check says; in JSON and YAML the text alone.
///
/// It may speak of `metrics` (names to numbers), `rows` (scored rows), `sizeBytes` (size of the version's files, -1 when unknown), `champion`
/// (its number, 0 without one) and `snapshots` (ids of the held-out ones). An error never permits.
package struct ExpressionRule: GateRule {
    package static let maximumBytes = 4096

    package var expression: String

    package init(_ expression: String) {
        self.expression = expression
    }

    package init(from decoder: any Decoder) throws {
        expression = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(expression)
    }

    private static let environment = ExpressionEnvironment(variables: [
        "metrics": .map(.string, .double), "rows": .int, "sizeBytes": .int, "champion": .int, "snapshots": .list(.string),
    ])
    private static let limits = EvaluationLimits(cost: 1_000_000, memory: 16 << 20, time: .seconds(1))

    package var fault: String? {
        guard (1...Self.maximumBytes).contains(expression.utf8.count) else {
            return "An expression has 1 to \(Self.maximumBytes) bytes."
        }
        do throws(ExpressionError) {
            _ = try Self.environment.compile(expression, expecting: .bool)
            return nil
        } catch {
            return error.what
        }
    }

    package func judge(_ evidence: GateEvidence, against champion: Int?) -> CheckFinding.Result {
        do throws(ExpressionError) {
            let condition = try Self.environment.compile(expression, expecting: .bool)
            let holds = try condition.decide(
                [
                    "metrics": .map(evidence.metrics.filter(\.value.isFinite).mapValues { .double($0) }),
                    "rows": .int(Int64(evidence.scores?.rowCount ?? 0)),
                    "sizeBytes": .int(evidence.artifactBytes ?? -1), "champion": .int(Int64(champion ?? 0)),
                    "snapshots": .list(evidence.snapshots.map { .string($0) }),
                ], limits: Self.limits)
            return .init(holds ? .passed : .failed, "'\(expression.printable)' \(holds ? "holds" : "does not hold").")
        } catch {
            return .init(.failed, "'\(expression.printable)' has no value: \(error.what)")
        }
    }
}
