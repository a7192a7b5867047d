// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTP1
package import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// HTTP/1.1 connections on which direct routes answer before the router is asked.
package struct DirectChannel: ServerChildChannel, HTTPChannelHandler {
    package typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    /// Bounds of a request's head.
    private static let headLimits = {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16 << 10
        limits.maxHeaderListSize = 32 << 10
        limits.maxHeaderFieldCount = 100
        return limits
    }()

    package let responder: HTTPChannelHandler.Responder
    private let answering: DirectAnswering

    package init(responder: @escaping HTTPChannelHandler.Responder, answering: DirectAnswering) {
        self.responder = responder
        self.answering = answering
    }

    package static func builder(_ answering: DirectAnswering) -> HTTPServerBuilder {
        HTTPServerBuilder { DirectChannel(responder: $0, answering: answering) }
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
                withEncoderConfiguration: .init(), withDecoderLimitConfiguration: Self.headLimits)
            try pipeline.addHandler(DirectHandler(answering))
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
    }

    package func handle(value: Value, logger: Logger) async {
        await handleHTTP(asyncChannel: value, logger: logger)
    }
}
