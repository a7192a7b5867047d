// SPDX-License-Identifier: Apache-2.0

import Backends
import Compatibility
import Domain
import Serving
import SwiftProtobuf

extension Inference_ModelMetadataResponse {
    init(_ signature: EndpointSignature) {
        name = signature.endpoint
        versions = signature.versions.map(String.init)
        platform = signature.platform
        inputs = signature.inputs.map(TensorMetadata.init)
        outputs = signature.outputs.map(TensorMetadata.init)
    }
}

extension Inference_ModelMetadataResponse.TensorMetadata {
    init(_ tensor: TensorSpecification) {
        name = tensor.name
        datatype = tensor.datatype.rawValue
        shape = tensor.shape.map { Int64($0) }
    }
}

extension Inference_ModelConfig {
    init(_ signature: EndpointSignature) {
        let configuration = ModelConfiguration(signature)
        name = configuration.name
        platform = configuration.platform
        backend = configuration.backend
        versionPolicy.specific.versions = signature.versions.map { Int64($0) }
        maxBatchSize = Int32(configuration.maxBatchSize)
        input = signature.inputs.map { tensor in
            .with {
                $0.name = tensor.name
                $0.dataType = Inference_DataType(tensor.datatype)
                $0.dims = tensor.shape.map { Int64($0) }
            }
        }
        output = signature.outputs.map { tensor in
            .with {
                $0.name = tensor.name
                $0.dataType = Inference_DataType(tensor.datatype)
                $0.dims = tensor.shape.map { Int64($0) }
            }
        }
    }
}

extension Inference_DataType {
    init(_ datatype: TensorDatatype) {
        self =
            switch datatype {
            case .bool: .typeBool
            case .uint8: .typeUint8
            case .uint16: .typeUint16
            case .uint32: .typeUint32
            case .uint64: .typeUint64
            case .int8: .typeInt8
            case .int16: .typeInt16
            case .int32: .typeInt32
            case .int64: .typeInt64
            case .float16: .typeFp16
            case .float32: .typeFp32
            case .float64: .typeFp64
            case .string: .typeString
            case .bfloat16: .typeBf16
            }
    }
}

extension Inference_ModelStatistics {
    init(_ endpoint: String, _ version: Int, _ counts: InferenceStatistics.Counts) {
        func span(_ count: UInt64, _ nanoseconds: UInt64) -> Inference_StatisticDuration {
            .with {
                $0.count = count
                $0.ns = nanoseconds
            }
        }
        name = endpoint
        self.version = String(version)
        lastInference = UInt64(clamping: counts.last?.milliseconds ?? 0)
        inferenceCount = counts.rows
        executionCount = counts.answers
        inferenceStats.success = span(counts.answers, counts.answerNanoseconds)
        inferenceStats.fail = span(counts.failures, counts.failureNanoseconds)
        inferenceStats.queue = span(counts.answers, 0)
        inferenceStats.computeInput = span(counts.answers, counts.readingNanoseconds)
        inferenceStats.computeInfer = span(counts.answers, counts.computingNanoseconds)
        inferenceStats.computeOutput = span(counts.answers, 0)
    }
}

extension Inference_RepositoryIndexResponse.ModelIndex {
    init(_ entry: RepositoryEntry) {
        name = entry.name
        version = entry.version
        state = entry.state
        reason = entry.reason
    }
}
