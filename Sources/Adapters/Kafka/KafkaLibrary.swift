// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
import Foundation

/// librdkafka, loaded when the first stream needs it; the few of its functions that are called here.
///
/// The signatures are those of its header, release 2.0.2.
package struct KafkaLibrary: Sendable {
    package typealias Handle = OpaquePointer
    typealias Raw = UnsafeMutableRawPointer
    typealias Text = UnsafePointer<CChar>
    typealias ConnectCallback = @convention(c) (Int32, UnsafeRawPointer?, Int32, Text?, Raw?) -> Int32
    typealias ErrorCallback = @convention(c) (Handle?, Int32, Text?, Raw?) -> Void
    typealias DeliveryCallback = @convention(c) (Handle?, UnsafeRawPointer?, Raw?) -> Void
    typealias LogCallback = @convention(c) (Handle?, Int32, Text?, Text?) -> Void

    let confNew: @convention(c) () -> Handle?
    let confSet: @convention(c) (Handle?, Text?, Text?, UnsafeMutablePointer<CChar>?, Int) -> Int32
    let confDestroy: @convention(c) (Handle?) -> Void
    let confSetOpaque: @convention(c) (Handle?, Raw?) -> Void
    let confSetConnect: @convention(c) (Handle?, ConnectCallback?) -> Void
    let confSetError: @convention(c) (Handle?, ErrorCallback?) -> Void
    let confSetDelivery: @convention(c) (Handle?, DeliveryCallback?) -> Void
    let confSetLog: @convention(c) (Handle?, LogCallback?) -> Void
    let new: @convention(c) (Int32, Handle?, UnsafeMutablePointer<CChar>?, Int) -> Handle?
    let destroy: @convention(c) (Handle?) -> Void
    let pollSetConsumer: @convention(c) (Handle?) -> Int32
    let listNew: @convention(c) (Int32) -> Raw?
    let listDestroy: @convention(c) (Raw?) -> Void
    let listAdd: @convention(c) (Raw?, Text?, Int32) -> Raw?
    let listSetOffset: @convention(c) (Raw?, Text?, Int32, Int64) -> Int32
    let assign: @convention(c) (Handle?, Raw?) -> Int32
    let consumerPoll: @convention(c) (Handle?, Int32) -> Raw?
    let messageDestroy: @convention(c) (Raw?) -> Void
    let messageHeaders: @convention(c) (Raw?, UnsafeMutablePointer<Handle?>?) -> Int32
    let headerAt:
        @convention(c) (Handle?, Int, UnsafeMutablePointer<Text?>?, UnsafeMutablePointer<UnsafeRawPointer?>?, UnsafeMutablePointer<Int>?) ->
            Int32
    let topicNew: @convention(c) (Handle?, Text?, Handle?) -> Handle?
    let topicDestroy: @convention(c) (Handle?) -> Void
    let metadata: @convention(c) (Handle?, Int32, Handle?, UnsafeMutablePointer<Raw?>?, Int32) -> Int32
    let metadataDestroy: @convention(c) (Raw?) -> Void
    let watermarks: @convention(c) (Handle?, Text?, Int32, UnsafeMutablePointer<Int64>?, UnsafeMutablePointer<Int64>?, Int32) -> Int32
    let errorText: @convention(c) (Int32) -> Text?
    let produce: @convention(c) (Handle?, UnsafeRawPointer?, Int) -> Handle?
    let errorCode: @convention(c) (Handle?) -> Int32
    let errorDestroy: @convention(c) (Handle?) -> Void
    let poll: @convention(c) (Handle?, Int32) -> Int32
    let purge: @convention(c) (Handle?, Int32) -> Int32
    let queueLength: @convention(c) (Handle?) -> Int32
    package let library: SharedLibrary

    private static let search = LibrarySearch(
        name: "librdkafka", fileName: "librdkafka.so", wheelFolder: "librdkafka", loaderNames: ["librdkafka.so.1", "librdkafka.so"])

    /// Looks for the library and loads it.
    ///
    /// - Throws: `Problem` `.unavailable` when there is none, or it is another one.
    package static func load(explicit: String? = nil, besides folders: [String] = []) throws(Problem) -> KafkaLibrary {
        let location = search.locate(explicit: explicit, environment: ProcessInfo.processInfo.environment, besides: folders) {
            SharedLibrary.isLoadable($0, having: "rd_kafka_new")
        }
        guard let path = location.path else {
            throw unavailable("Looked in: \(location.tried.joined(separator: ", ")).")
        }
        do {
            return try KafkaLibrary(SharedLibrary(path: path, title: "librdkafka"))
        } catch {
            throw unavailable(error.why ?? error.what)
        }
    }

    private static func unavailable(_ why: String) -> Problem {
        Problem(
            .unavailable, "kafka.library.missing", "librdkafka, which speaks to Kafka, is not installed or cannot be loaded.", why: why,
            fix: "Install it, on Debian: apt-get install librdkafka1; or name it: --librdkafka PATH.")
    }

    private init(_ library: SharedLibrary) throws(Problem) {
        self.library = library
        confNew = try library.function("rd_kafka_conf_new")
        confSet = try library.function("rd_kafka_conf_set")
        confDestroy = try library.function("rd_kafka_conf_destroy")
        confSetOpaque = try library.function("rd_kafka_conf_set_opaque")
        confSetConnect = try library.function("rd_kafka_conf_set_connect_cb")
        confSetError = try library.function("rd_kafka_conf_set_error_cb")
        confSetDelivery = try library.function("rd_kafka_conf_set_dr_msg_cb")
        confSetLog = try library.function("rd_kafka_conf_set_log_cb")
        new = try library.function("rd_kafka_new")
        destroy = try library.function("rd_kafka_destroy")
        pollSetConsumer = try library.function("rd_kafka_poll_set_consumer")
        listNew = try library.function("rd_kafka_topic_partition_list_new")
        listDestroy = try library.function("rd_kafka_topic_partition_list_destroy")
        listAdd = try library.function("rd_kafka_topic_partition_list_add")
        listSetOffset = try library.function("rd_kafka_topic_partition_list_set_offset")
        assign = try library.function("rd_kafka_assign")
        consumerPoll = try library.function("rd_kafka_consumer_poll")
        messageDestroy = try library.function("rd_kafka_message_destroy")
        messageHeaders = try library.function("rd_kafka_message_headers")
        headerAt = try library.function("rd_kafka_header_get_all")
        topicNew = try library.function("rd_kafka_topic_new")
        topicDestroy = try library.function("rd_kafka_topic_destroy")
        metadata = try library.function("rd_kafka_metadata")
        metadataDestroy = try library.function("rd_kafka_metadata_destroy")
        watermarks = try library.function("rd_kafka_query_watermark_offsets")
        errorText = try library.function("rd_kafka_err2str")
        produce = try library.function("rd_kafka_produceva")
        errorCode = try library.function("rd_kafka_error_code")
        errorDestroy = try library.function("rd_kafka_error_destroy")
        poll = try library.function("rd_kafka_poll")
        purge = try library.function("rd_kafka_purge")
        queueLength = try library.function("rd_kafka_outq_len")
    }

    func text(of code: Int32) -> String { errorText(code).map { String(cString: $0) } ?? "error \(code)" }
}
