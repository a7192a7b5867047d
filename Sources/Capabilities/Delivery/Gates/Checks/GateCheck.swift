// SPDX-License-Identifier: Apache-2.0

package import Domain

/// One named check of a gate; in JSON and YAML `{name, KIND: …}` with one of the kinds of `GateCheck.Rule`.
package struct GateCheck: Equatable, Sendable {
    /// A new kind is a case here, a type of its own and a field of `GateKind`'s shape.
    package enum Rule: Equatable, Sendable {
        case threshold(ThresholdRule)
        case champion(ChampionRule)
        case segments(SegmentRule)
        case invariance(InvarianceRule)
        case directional(DirectionalRule)
        case functionality(FunctionalityRule)
        case latency(LatencyRule)
        case size(SizeRule)
        case data(DataRule)
        case expression(ExpressionRule)

        package var content: any GateRule {
            switch self {
            case .threshold(let rule): rule
            case .champion(let rule): rule
            case .segments(let rule): rule
            case .invariance(let rule): rule
            case .directional(let rule): rule
            case .functionality(let rule): rule
            case .latency(let rule): rule
            case .size(let rule): rule
            case .data(let rule): rule
            case .expression(let rule): rule
            }
        }
    }

    package var name: String
    package var rule: Rule

    package init(name: String, rule: Rule) {
        self.name = name
        self.rule = rule
    }

    package func validate() throws(Problem) {
        try ResourceName.check(name, of: "check")
        if let fault = rule.content.fault {
            throw Problem(.invalid, "delivery.gate.check-malformed", "The check '\(name)' cannot be used.", why: fault)
        }
    }
}

extension GateCheck: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case name, threshold, champion, segments, invariance, directional, functionality, latency, size, data, expression
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        let kinds = container.allKeys.filter { $0 != .name }
        guard kinds.count == 1, let kind = kinds.first else {
            let known = CodingKeys.allCases.dropFirst().map { "'\($0.rawValue)'" }.joined(separator: ", ")
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "A check has exactly one of \(known)."))
        }
        rule =
            switch kind {
            case .name: preconditionFailure("The name is no kind of check.")
            case .threshold: .threshold(try container.decode(ThresholdRule.self, forKey: kind))
            case .champion: .champion(try container.decode(ChampionRule.self, forKey: kind))
            case .segments: .segments(try container.decode(SegmentRule.self, forKey: kind))
            case .invariance: .invariance(try container.decode(InvarianceRule.self, forKey: kind))
            case .directional: .directional(try container.decode(DirectionalRule.self, forKey: kind))
            case .functionality: .functionality(try container.decode(FunctionalityRule.self, forKey: kind))
            case .latency: .latency(try container.decode(LatencyRule.self, forKey: kind))
            case .data: .data(try container.decode(DataRule.self, forKey: kind))
            case .size: .size(try container.decode(SizeRule.self, forKey: kind))
            case .expression: .expression(try container.decode(ExpressionRule.self, forKey: kind))
            }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        switch rule {
        case .threshold(let rule): try container.encode(rule, forKey: .threshold)
        case .champion(let rule): try container.encode(rule, forKey: .champion)
        case .segments(let rule): try container.encode(rule, forKey: .segments)
        case .invariance(let rule): try container.encode(rule, forKey: .invariance)
        case .directional(let rule): try container.encode(rule, forKey: .directional)
        case .functionality(let rule): try container.encode(rule, forKey: .functionality)
        case .latency(let rule): try container.encode(rule, forKey: .latency)
        case .data(let rule): try container.encode(rule, forKey: .data)
        case .size(let rule): try container.encode(rule, forKey: .size)
        case .expression(let rule): try container.encode(rule, forKey: .expression)
        }
    }
}
