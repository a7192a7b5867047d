// SPDX-License-Identifier: Apache-2.0

import GRPCCore
import GRPCProtobuf
import SwiftProtobuf

/// Reads messages of at most as many bytes as a body of the REST protocol may have.
struct BoundedDeserializer<Message: SwiftProtobuf.Message>: MessageDeserializer {
    static var messageLimit: Int { 32 << 20 }

    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Message {
        let count = bytes.withUnsafeBytes { $0.count }
        guard count <= Self.messageLimit else {
            throw RPCError(
                code: .resourceExhausted,
                message: "The message has \(count) bytes. At most \(Self.messageLimit) are taken. Send less at once.")
        }
        return try ProtobufDeserializer<Message>().deserialize(bytes)
    }
}
