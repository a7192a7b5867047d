// SPDX-License-Identifier: Apache-2.0

/// What has been found out about types not known at first, and whether one type fits where another is asked for.
///
/// The rules are those of the reference implementations: dyn fits everywhere, an unknown type takes the more general of what it meets,
/// and null fits where a time, a duration or a type of an extension is asked for.
struct TypeInference {
    private var found: [Int: ExpressionType] = [:]
    private var count = 0
    /// What is to be restored when the arguments at hand do not fit.
    private var trail: [(id: Int, before: ExpressionType?)] = []

    mutating func unknown() -> ExpressionType {
        count += 1
        return .unknown(count)
    }

    /// Whether all arguments fit, and what follows from it; nothing is changed when they do not.
    mutating func fit(_ arguments: [ExpressionType], _ parameters: [ExpressionType]) -> Bool {
        trail.removeAll(keepingCapacity: true)
        for (argument, parameter) in zip(arguments, parameters) where !relate(argument, parameter) {
            for (id, before) in trail.reversed() { found[id] = before }
            return false
        }
        return true
    }

    mutating func fits(_ type: ExpressionType, _ asked: ExpressionType) -> Bool { fit([type], [asked]) }

    /// The type with what has been found; what is still unknown stays or, when final, is dyn.
    func resolved(_ type: ExpressionType, final: Bool = false) -> ExpressionType {
        switch type {
        case .unknown(let id):
            let id = representative(id)
            if let known = found[id] { return resolved(known, final: final) }
            return final ? .dyn : .unknown(id)
        case .type(let part?): return .type(resolved(part, final: final))
        default:
            let parts = type.parts
            return parts.isEmpty ? type : type.with(parts.map { resolved($0, final: final) })
        }
    }

    /// Function types with unknowns in place of their parameters.
    mutating func instance(of overload: Overload) -> (parameters: [ExpressionType], result: ExpressionType) {
        guard overload.isGeneric else { return (overload.parameters, overload.result) }
        var unknowns: [String: ExpressionType] = [:]
        return (overload.parameters.map { instance(of: $0, &unknowns) }, instance(of: overload.result, &unknowns))
    }

    private mutating func instance(of type: ExpressionType, _ unknowns: inout [String: ExpressionType]) -> ExpressionType {
        switch type {
        case .parameter(let name):
            if let known = unknowns[name] { return known }
            let fresh = unknown()
            unknowns[name] = fresh
            return fresh
        case .type(let part?): return .type(instance(of: part, &unknowns))
        default:
            var parts = type.parts
            for index in parts.indices { parts[index] = instance(of: parts[index], &unknowns) }
            return parts.isEmpty ? type : type.with(parts)
        }
    }

    /// The common type of elements; dyn when there is none.
    mutating func join(_ first: ExpressionType?, _ second: ExpressionType) -> ExpressionType {
        guard let first else { return second }
        return fits(first, second) ? Self.moreGeneral(first, second) : .dyn
    }

    private mutating func relate(_ left: ExpressionType, _ right: ExpressionType) -> Bool {
        if case .unknown(let id) = right {
            switch substitute(left, for: id) {
            case .fits: return true
            case .conflict: return false
            case .impossible: break
            }
        }
        if case .unknown(let id) = left { return substitute(right, for: id) == .fits }
        if left == .dyn || right == .dyn { return true }
        if left == .null { return right == .null || Self.isNullable(right) }
        if right == .null { return Self.isNullable(left) }
        guard left.hasShape(of: right) else { return false }
        for (first, second) in zip(left.parts, right.parts) where !relate(first, second) { return false }
        return true
    }

    private enum Substitution { case fits, conflict, impossible }

    private mutating func substitute(_ type: ExpressionType, for id: Int) -> Substitution {
        let id = representative(id)
        if case .unknown(let other) = type, representative(other) == id { return .fits }
        guard let known = found[id] else {
            guard !occurs(id, in: type) else { return .impossible }
            set(id, type)
            return .fits
        }
        if type == known { return .fits }
        guard relate(type, known) else { return .conflict }
        let general = Self.moreGeneral(type, known)
        if !occurs(id, in: general) { set(id, general) }
        return .fits
    }

    private mutating func set(_ id: Int, _ type: ExpressionType) {
        trail.append((id, found[id]))
        found[id] = type
    }

    /// The last of unknowns that were found to be one another.
    private func representative(_ id: Int) -> Int {
        var id = id
        while case .unknown(let next)? = found[id] { id = next }
        return id
    }

    private func occurs(_ id: Int, in type: ExpressionType) -> Bool {
        switch type {
        case .unknown(let other):
            let other = representative(other)
            return other == id || (found[other].map { occurs(id, in: $0) } ?? false)
        default: return type.parts.contains { occurs(id, in: $0) }
        }
    }

    private static func isNullable(_ type: ExpressionType) -> Bool {
        switch type {
        case .timestamp, .duration, .optional, .abstract: true
        default: false
        }
    }

    private static func moreGeneral(_ first: ExpressionType, _ second: ExpressionType) -> ExpressionType {
        isAtLeastAsGeneral(first, second) ? first : second
    }

    private static func isAtLeastAsGeneral(_ first: ExpressionType, _ second: ExpressionType) -> Bool {
        if first == .dyn { return true }
        if case .unknown = first { return true }
        if second == .dyn { return false }
        if case .unknown = second { return false }
        if second == .null, isNullable(first) { return true }
        guard first.hasShape(of: second) else { return false }
        return zip(first.parts, second.parts).allSatisfy { isAtLeastAsGeneral($0, $1) }
    }
}
