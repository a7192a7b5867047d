// SPDX-License-Identifier: Apache-2.0

/// The five operators of arithmetic; `+` also joins texts, bytes and lists, and `+` and `-` reckon with times.
enum Arithmetic: String, Sendable {
    case add = "+", subtract = "-", multiply = "*", divide = "/", modulo = "%"

    /// Of the name under which the operator is declared, `_+_`.
    init?(function: String) {
        guard function.hasPrefix("_"), function.hasSuffix("_") else { return nil }
        self.init(rawValue: String(function.dropFirst().dropLast()))
    }

    /// Nil when no form of the operator takes these types.
    func apply(
        _ left: ExpressionValue, _ right: ExpressionValue, _ meter: inout Meter
    ) throws(ExpressionError) -> ExpressionValue? {
        switch (left, right) {
        case (.int(let left), .int(let right)): return .int(try whole(left, right))
        case (.double(let left), .double(let right)):
            switch self {
            case .add: return .double(left + right)
            case .subtract: return .double(left - right)
            case .multiply: return .double(left * right)
            case .divide: return .double(left / right)
            case .modulo: return nil
            }
        case (.uint(let left), .uint(let right)): return .uint(try whole(left, right))
        case (.timestamp, _), (.duration, _): return try time(left, right)
        default: return self == .add ? try join(left, right, &meter) : nil
        }
    }

    private func whole<Number: FixedWidthInteger>(_ left: Number, _ right: Number) throws(ExpressionError) -> Number {
        let result: Number
        let overflow: Bool
        switch self {
        case .add: (result, overflow) = left.addingReportingOverflow(right)
        case .subtract: (result, overflow) = left.subtractingReportingOverflow(right)
        case .multiply: (result, overflow) = left.multipliedReportingOverflow(by: right)
        case .divide, .modulo:
            guard right != 0 else {
                throw ExpressionError(.divisionByZero, "A whole number is divided by zero.", fix: "Test that it is not 0 before.")
            }
            (result, overflow) =
                self == .divide ? left.dividedReportingOverflow(by: right) : left.remainderReportingOverflow(dividingBy: right)
        }
        guard !overflow else { throw Self.overflow }
        return result
    }

    private func time(_ left: ExpressionValue, _ right: ExpressionValue) throws(ExpressionError) -> ExpressionValue? {
        switch (self, left, right) {
        case (.add, .timestamp(let time), .duration(let span)), (.add, .duration(let span), .timestamp(let time)):
            guard let sum = time.adding(span) else { throw Self.timeOverflow }
            return .timestamp(sum)
        case (.subtract, .timestamp(let time), .duration(let span)):
            guard span.nanoseconds != .min, let difference = time.adding(TimeSpan(nanoseconds: -span.nanoseconds)) else {
                throw Self.timeOverflow
            }
            return .timestamp(difference)
        case (.subtract, .timestamp(let left), .timestamp(let right)):
            guard let span = left.since(right) else { throw Self.timeOverflow }
            return .duration(span)
        case (.add, .duration(let left), .duration(let right)), (.subtract, .duration(let left), .duration(let right)):
            return .duration(TimeSpan(nanoseconds: try whole(left.nanoseconds, right.nanoseconds)))
        default: return nil
        }
    }

    private func join(
        _ left: ExpressionValue, _ right: ExpressionValue, _ meter: inout Meter
    ) throws(ExpressionError) -> ExpressionValue? {
        switch (left, right) {
        case (.string(let left), .string(let right)):
            try meter.charge(text: left.utf8.count + right.utf8.count)
            try meter.allocate(left.utf8.count + right.utf8.count)
            return .string(left + right)
        case (.bytes(let left), .bytes(let right)):
            try meter.charge(text: left.count + right.count)
            try meter.allocate(left.count + right.count)
            return .bytes(left + right)
        case (.list(var left), .list(let right)):
            try meter.allocate(elements: left.elements.count + right.elements.count)
            left.append(contentsOf: right)
            return .list(left)
        default: return nil
        }
    }

    static var overflow: ExpressionError {
        ExpressionError(.range, "The result needs more than 64 bits.", fix: "Reckon with doubles.")
    }

    private static var timeOverflow: ExpressionError {
        ExpressionError(.range, "The result leaves the range of times: years 0001 to 9999, durations of 292 years.")
    }
}
