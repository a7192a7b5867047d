// SPDX-License-Identifier: Apache-2.0

/// Parts of texts by their place, counted in code points from 0 (CEL strings extension).
enum StringPartExtension {
    static let all: [Function] = [
        Function("charAt", [.member(.string, .int, gives: .string)]) { arguments, meter throws(ExpressionError) in
            guard case .string(let text) = arguments[0], case .int(let index) = arguments[1] else { return nil }
            let scalars = try scalars(of: text, &meter)
            let position = try position(index, in: scalars)
            return .string(position == scalars.count ? "" : String(scalars[position]))
        },
        Function("substring", [.member(.string, .int, gives: .string), .member(.string, .int, .int, gives: .string)]) {
            arguments, meter throws(ExpressionError) in
            guard case .string(let text) = arguments[0], case .int(let from) = arguments[1] else { return nil }
            let scalars = try scalars(of: text, &meter)
            let start = try position(from, in: scalars)
            var end = scalars.count
            if arguments.count == 3 {
                guard case .int(let to) = arguments[2] else { return nil }
                end = try position(to, in: scalars)
            }
            guard start <= end else {
                throw ExpressionError(
                    .index, "The part ends at \(end), before it begins at \(start).", fix: "Give the smaller index first.")
            }
            return try meter.make(String(String.UnicodeScalarView(scalars[start..<end])))
        },
        Function("indexOf", searches) { arguments, meter throws(ExpressionError) in
            guard case .string(let text) = arguments[0], case .string(let part) = arguments[1] else { return nil }
            let scalars = try scalars(of: text, &meter)
            var start = 0
            if arguments.count == 3 {
                guard case .int(let from) = arguments[2] else { return nil }
                start = try position(from, in: scalars)
            }
            try meter.charge(text: part.utf8.count)
            return .int(Int64(first(Array(part.unicodeScalars), in: scalars, from: start) ?? -1))
        },
        Function("lastIndexOf", searches) { arguments, meter throws(ExpressionError) in
            guard case .string(let text) = arguments[0], case .string(let part) = arguments[1] else { return nil }
            let scalars = try scalars(of: text, &meter)
            try meter.charge(text: part.utf8.count)
            let sought = Array(part.unicodeScalars)
            var start = scalars.count - sought.count
            if arguments.count == 3 {
                guard case .int(let from) = arguments[2] else { return nil }
                start = min(start, try position(from, in: scalars))
            }
            guard start >= 0 else { return .int(-1) }
            // The last in the text is the first in the reverse.
            let found = first(sought.reversed(), in: scalars.reversed(), from: scalars.count - sought.count - start)
            return .int(Int64(found.map { scalars.count - sought.count - $0 } ?? -1))
        },
    ]

    private static let searches: [Overload] = [.member(.string, .string, gives: .int), .member(.string, .string, .int, gives: .int)]

    private static func scalars(of text: String, _ meter: inout Meter) throws(ExpressionError) -> [Unicode.Scalar] {
        try meter.charge(text: text.utf8.count)
        return Array(text.unicodeScalars)
    }

    private static func position(_ index: Int64, in scalars: [Unicode.Scalar]) throws(ExpressionError) -> Int {
        guard index >= 0, index <= scalars.count else {
            throw ExpressionError(
                .index, "The index \(index) is outside of a text of \(scalars.count) characters.", fix: "Compare with 'size( )' before.")
        }
        return Int(index)
    }

    private static func first(_ part: [Unicode.Scalar], in scalars: [Unicode.Scalar], from start: Int) -> Int? {
        SequenceSearch(part).first(in: scalars, from: start)
    }
}
