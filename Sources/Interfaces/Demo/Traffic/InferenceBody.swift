// SPDX-License-Identifier: Apache-2.0

import Domain
package import NIOCore

/// A request of the Open Inference Protocol (REST, JSON tensors of shape [rows, 1]) for flights of one scheduled hour, written by hand:
/// the demonstration's own share of the processor should be small.
package struct InferenceBody {
    package private(set) var buffer: ByteBuffer

    /// - Parameter eventTime: The moment the rows are about, in milliseconds since 1970; monitors place the rows by it.
    package init(_ flights: ArraySlice<Flight>, eventTime: Int64) {
        buffer = ByteBufferAllocator().buffer(capacity: 1024 + flights.count * 96)
        buffer.writeString("{\"parameters\":{\"event_time\":\(eventTime)},\"inputs\":[")
        for (index, name) in Flight.numericColumns.enumerated() {
            begin(name, "FP32", rows: flights.count, isFirst: index == 0)
            for (row, flight) in flights.enumerated() {
                if row > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
                buffer.writeString(flight.numbers[index].map(Self.text) ?? "null")
            }
            buffer.writeStaticString("]}")
        }
        let texts: [KeyPath<Flight, String>] = [\.carrier, \.origin, \.destination]
        for (name, text) in zip(Flight.textColumns, texts) {
            begin(name, "BYTES", rows: flights.count, isFirst: false)
            for (row, flight) in flights.enumerated() {
                if row > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
                write(flight[keyPath: text])
            }
            buffer.writeStaticString("]}")
        }
        buffer.writeStaticString("]}")
    }

    private mutating func begin(_ name: String, _ datatype: StaticString, rows: Int, isFirst: Bool) {
        buffer.writeString("\(isFirst ? "" : ","){\"name\":\"\(name)\",\"datatype\":\"\(datatype)\",\"shape\":[\(rows),1],\"data\":[")
    }

    /// The shortest text that reads as the same 32-bit number; whole numbers without a fraction.
    private static func text(_ number: Float) -> String {
        if let whole = Int32(exactly: number) { return String(whole) }
        return number.description
    }

    /// A JSON string: quotes, backslashes and control characters are escaped (RFC 8259, section 7).
    private mutating func write(_ text: String) {
        buffer.writeInteger(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                buffer.writeInteger(UInt8(ascii: "\\"))
                buffer.writeInteger(byte)
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                buffer.writeString("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            default: buffer.writeInteger(byte)
            }
        }
        buffer.writeInteger(UInt8(ascii: "\""))
    }
}
