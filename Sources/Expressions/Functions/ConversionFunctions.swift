// SPDX-License-Identifier: Apache-2.0

/// Conversions between types (CEL specification, "Conversion Functions").
enum ConversionFunctions {
    static let all: [Function] = [
        Function("bool", forms(.bool, .string, gives: .bool)) { arguments, _ throws(ExpressionError) in
            switch arguments[0] {
            case .bool: return arguments[0]
            case .string("true"), .string("True"), .string("TRUE"), .string("t"), .string("1"): return .bool(true)
            case .string("false"), .string("False"), .string("FALSE"), .string("f"), .string("0"): return .bool(false)
            case .string(let text): throw unreadable(text, "a bool", "Write 'true' or 'false'.")
            default: return nil
            }
        },
        Function("int", forms(.int, .uint, .double, .string, .timestamp, gives: .int)) {
            arguments, _ throws(ExpressionError) in try int(arguments[0])
        },
        Function("uint", forms(.uint, .int, .double, .string, gives: .uint)) { arguments, _ throws(ExpressionError) in
            try uint(arguments[0])
        },
        Function("double", forms(.double, .int, .uint, .string, gives: .double)) { arguments, _ throws(ExpressionError) in
            try double(arguments[0])
        },
        Function("bytes", forms(.bytes, .string, gives: .bytes)) { arguments, meter throws(ExpressionError) in
            switch arguments[0] {
            case .bytes: return arguments[0]
            case .string(let text):
                try meter.charge(text: text.utf8.count)
                try meter.allocate(text.utf8.count)
                return .bytes(Array(text.utf8))
            default: return nil
            }
        },
        Function(
            "string",
            forms(
                .string, .bool, .int, .uint, .double, .bytes, .timestamp, .duration, .abstract("net.IP"), .abstract("net.CIDR"),
                gives: .string)
        ) { arguments, meter throws(ExpressionError) in
            try string(arguments[0], &meter)
        },
        Function("timestamp", forms(.timestamp, .string, .int, gives: .timestamp)) { arguments, _ throws(ExpressionError) in
            switch arguments[0] {
            case .timestamp: return arguments[0]
            case .int(let seconds):
                guard let time = Timestamp(seconds: seconds) else {
                    throw ExpressionError(.range, "\(seconds) seconds leave the years 0001 to 9999.")
                }
                return .timestamp(time)
            case .string(let text):
                guard let time = Timestamp(text) else {
                    throw unreadable(text, "a time of the years 0001 to 9999", "Write it as '2026-01-31T12:00:00Z'.")
                }
                return .timestamp(time)
            default: return nil
            }
        },
        Function("duration", forms(.duration, .string, gives: .duration)) { arguments, _ throws(ExpressionError) in
            switch arguments[0] {
            case .duration: return arguments[0]
            case .string(let text):
                guard let span = TimeSpan(text) else {
                    throw unreadable(text, "a duration of at most 292 years", "Write it as '1h30m' or '1.5s'.")
                }
                return .duration(span)
            default: return nil
            }
        },
    ]

    private static func forms(_ types: ExpressionType..., gives result: ExpressionType) -> [Overload] {
        types.map { .function($0, gives: result) }
    }

    private static func int(_ value: ExpressionValue) throws(ExpressionError) -> ExpressionValue? {
        switch value {
        case .int: return value
        case .uint(let number):
            guard let whole = Int64(exactly: number) else { throw outOfRange("int") }
            return .int(whole)
        case .double(let number):
            // The largest int is no double: its neighbour above is, and is out of range.
            guard number > -0x1p63, number < 0x1p63 else { throw outOfRange("int") }
            return .int(Int64(number))
        case .string(let text):
            guard let number = Int64(text) else { throw unreadable(text, "an int", "Write digits only.") }
            return .int(number)
        case .timestamp(let time): return .int(time.seconds)
        default: return nil
        }
    }

    private static func uint(_ value: ExpressionValue) throws(ExpressionError) -> ExpressionValue? {
        switch value {
        case .uint: return value
        case .int(let number):
            guard let whole = UInt64(exactly: number) else { throw outOfRange("uint") }
            return .uint(whole)
        case .double(let number):
            guard number >= 0, number < 0x1p64 else { throw outOfRange("uint") }
            return .uint(UInt64(number))
        case .string(let text):
            guard let number = UInt64(text), !text.hasPrefix("+") else { throw unreadable(text, "a uint", "Write digits only.") }
            return .uint(number)
        default: return nil
        }
    }

    private static func double(_ value: ExpressionValue) throws(ExpressionError) -> ExpressionValue? {
        switch value {
        case .double: return value
        case .int(let number): return .double(Double(number))
        case .uint(let number): return .double(Double(number))
        case .string(let text):
            guard text.utf8.count <= 1_000, let first = text.utf8.first, first != 32, let number = Double(text) else {
                throw unreadable(text, "a double", "Write it as '1.5' or '-2e10'.")
            }
            return .double(number)
        default: return nil
        }
    }

    static func string(_ value: ExpressionValue, _ meter: inout Meter) throws(ExpressionError) -> ExpressionValue? {
        switch value {
        case .string: return value
        case .bool(let value): return .string(value ? "true" : "false")
        case .int(let number): return .string(String(number))
        case .uint(let number): return .string(String(number))
        case .double(let number): return .string(DoubleText.shortest(number))
        case .timestamp(let time): return .string(time.text)
        case .duration(let span): return .string(span.text)
        case .address(let address): return .string(address.text)
        case .addressBlock(let block): return .string(block.text)
        case .bytes(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw ExpressionError(.conversion, "The bytes are no text in UTF-8.", fix: "Encode them with 'base64.encode'.")
            }
            return try meter.make(text)
        default: return nil
        }
    }

    private static func unreadable(_ text: String, _ what: String, _ fix: String) -> ExpressionError {
        ExpressionError(.conversion, "'\(text.prefix(40))' is not \(what).", fix: fix)
    }

    private static func outOfRange(_ type: String) -> ExpressionError {
        ExpressionError(.range, "The number leaves the range of '\(type)'.")
    }
}
