// SPDX-License-Identifier: Apache-2.0

import Backends

/// One message to be produced, as the arguments of `rd_kafka_produceva`: each a tag of 8 bytes and a union of 64.
struct KafkaProduction {
    private enum Tag: Int32 { case topic = 1, value = 4, key = 5, flags = 7, header = 9 }

    private static let argumentSize = 72
    /// `RD_KAFKA_MSG_F_COPY`: the bytes are not needed after the call.
    private static let copies: Int32 = 2

    let topic: String
    let event: SinkEvent

    /// - Returns: 0 when the library has it.
    func hand(to handle: KafkaLibrary.Handle, _ library: KafkaLibrary) -> Int32 {
        let count = 4 + event.headers.count
        let arguments = UnsafeMutableRawBufferPointer.allocate(byteCount: count * Self.argumentSize, alignment: 8)
        arguments.initializeMemory(as: UInt8.self, repeating: 0)
        var kept: [UnsafeMutableRawPointer] = []
        defer {
            for pointer in kept { pointer.deallocate() }
            arguments.deallocate()
        }
        func keep(_ bytes: some Collection<UInt8>) -> UnsafeRawPointer {
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
            copy.copyBytes(from: bytes)
            guard let base = copy.baseAddress else { preconditionFailure("It has at least one byte.") }
            kept.append(base)
            return UnsafeRawPointer(base)
        }
        var index = 0
        func put(_ tag: Tag, _ fill: (_ union: Int) -> Void) {
            let start = index * Self.argumentSize
            arguments.storeBytes(of: tag.rawValue, toByteOffset: start, as: Int32.self)
            fill(start + 8)
            index += 1
        }
        func store<Value>(_ value: Value, _ offset: Int) { arguments.storeBytes(of: value, toByteOffset: offset, as: Value.self) }
        put(.topic) { store(keep(topic.utf8 + [0]), $0) }
        put(.value) {
            store(keep(event.body), $0)
            store(event.body.count, $0 + 8)
        }
        put(.key) {
            store(keep(event.key.utf8), $0)
            store(event.key.utf8.count, $0 + 8)
        }
        put(.flags) { store(Self.copies, $0) }
        for header in event.headers {
            put(.header) {
                store(keep(header.name.utf8 + [0]), $0)
                store(keep(header.value.utf8), $0 + 8)
                store(header.value.utf8.count, $0 + 16)
            }
        }
        guard let failure = library.produce(handle, arguments.baseAddress, count) else { return 0 }
        defer { library.errorDestroy(failure) }
        return library.errorCode(failure)
    }
}
