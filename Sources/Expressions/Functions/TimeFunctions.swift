// SPDX-License-Identifier: Apache-2.0

/// Parts of times and durations (CEL specification, "Timestamps and Durations").
enum TimeFunctions {
    static let all: [Function] =
        [
            part("getFullYear") { civil, _ in civil.year },
            part("getMonth") { civil, _ in civil.month - 1 },
            part("getDate") { civil, _ in civil.day },
            part("getDayOfMonth") { civil, _ in civil.day - 1 },
            part("getDayOfWeek") { civil, _ in civil.dayOfWeek },
            part("getDayOfYear") { civil, _ in civil.dayOfYear },
            part("getHours", ofSpan: 3_600_000_000_000) { civil, _ in civil.hour },
            part("getMinutes", ofSpan: 60_000_000_000) { civil, _ in civil.minute },
            part("getSeconds", ofSpan: 1_000_000_000) { civil, _ in civil.second },
            part("getMilliseconds", ofSpan: 1_000_000, within: 1_000) { _, nanoseconds in Int(nanoseconds) / 1_000_000 },
        ]

    /// - Parameters:
    ///   - unit: Nanoseconds of what is counted in a duration, if it has such a part.
    ///   - modulus: Of the count, where only the part below the next unit is meant.
    private static func part(
        _ name: String, ofSpan unit: Int64? = nil, within modulus: Int64? = nil,
        _ read: @escaping @Sendable (CivilTime, Int32) -> Int
    ) -> Function {
        var overloads: [Overload] = [
            .member(.timestamp, gives: .int), .member(.timestamp, .string, gives: .int),
        ]
        if unit != nil { overloads.append(.member(.duration, gives: .int)) }
        return Function(name, overloads) { arguments, meter throws(ExpressionError) in
            switch (arguments[0], arguments.count) {
            case (.duration(let span), 1):
                guard let unit else { return nil }
                let count = span.nanoseconds / unit
                return .int(modulus.map { count % $0 } ?? count)
            case (.timestamp(let time), 1): return .int(Int64(read(CivilTime(seconds: time.seconds), time.nanoseconds)))
            case (.timestamp(let time), 2):
                guard case .string(let zone) = arguments[1] else { return nil }
                // A named zone is looked up in the data base of the system.
                try meter.charge(100)
                let offset = try ZoneOffset.seconds(of: zone, at: time)
                return .int(Int64(read(CivilTime(seconds: time.seconds + Int64(offset)), time.nanoseconds)))
            default: return nil
            }
        }
    }
}
