// SPDX-License-Identifier: Apache-2.0

/// Addresses and blocks of the internet (CEL network extension).
enum NetworkExtension {
    private static let ip = ExpressionType.abstract("net.IP")
    private static let cidr = ExpressionType.abstract("net.CIDR")

    static let all: [Function] = [
        Function("ip", [.function(.string, gives: ip), .member(cidr, gives: ip)]) { arguments, _ throws(ExpressionError) in
            switch arguments[0] {
            case .string(let text): return .address(try address(text))
            case .addressBlock(let block): return .address(block.address)
            default: return nil
            }
        },
        Function("cidr", [.function(.string, gives: cidr)]) { arguments, _ throws(ExpressionError) in
            guard case .string(let text) = arguments[0] else { return nil }
            return .addressBlock(try block(text))
        },
        Function("isIP", [.function(.string, gives: .bool)]) { arguments, _ in
            guard case .string(let text) = arguments[0] else { return nil }
            return .bool(IPAddress(text) != nil)
        },
        Function("isCIDR", [.function(.string, gives: .bool)]) { arguments, _ in
            guard case .string(let text) = arguments[0] else { return nil }
            return .bool(IPBlock(text) != nil)
        },
        Function("ip.isCanonical", [.function(.string, gives: .bool)]) { arguments, _ throws(ExpressionError) in
            guard case .string(let text) = arguments[0] else { return nil }
            return .bool(try address(text).text.isExactly(text))
        },
        Function("family", [.member(ip, gives: .int)]) { arguments, _ in
            guard case .address(let address) = arguments[0] else { return nil }
            return .int(address.isVersion6 ? 6 : 4)
        },
        question("isUnspecified") { $0.isUnspecified },
        question("isLoopback") { $0.isLoopback },
        question("isGlobalUnicast") { $0.isGlobalUnicast },
        question("isLinkLocalMulticast") { $0.isLinkLocalMulticast },
        question("isLinkLocalUnicast") { $0.isLinkLocalUnicast },
        Function("containsIP", [.member(cidr, ip, gives: .bool), .member(cidr, .string, gives: .bool)]) {
            arguments, _ throws(ExpressionError) in
            switch (arguments[0], arguments[1]) {
            case (.addressBlock(let block), .address(let other)): return .bool(block.contains(other))
            case (.addressBlock(let block), .string(let text)): return .bool(block.contains(try address(text)))
            default: return nil
            }
        },
        Function("containsCIDR", [.member(cidr, cidr, gives: .bool), .member(cidr, .string, gives: .bool)]) {
            arguments, _ throws(ExpressionError) in
            switch (arguments[0], arguments[1]) {
            case (.addressBlock(let block), .addressBlock(let other)): return .bool(block.contains(other))
            case (.addressBlock(let block), .string(let text)): return .bool(block.contains(try Self.block(text)))
            default: return nil
            }
        },
        Function("masked", [.member(cidr, gives: cidr)]) { arguments, _ in
            guard case .addressBlock(let block) = arguments[0] else { return nil }
            return .addressBlock(block.masked)
        },
        Function("prefixLength", [.member(cidr, gives: .int)]) { arguments, _ in
            guard case .addressBlock(let block) = arguments[0] else { return nil }
            return .int(Int64(block.prefix))
        },
    ]

    private static func question(_ name: String, _ read: @escaping @Sendable (IPAddress) -> Bool) -> Function {
        Function(name, [.member(ip, gives: .bool)]) { arguments, _ in
            guard case .address(let address) = arguments[0] else { return nil }
            return .bool(read(address))
        }
    }

    private static func address(_ text: String) throws(ExpressionError) -> IPAddress {
        guard let address = IPAddress(text) else {
            throw ExpressionError(
                .conversion, "'\(text.prefix(60))' is no address.", fix: "Write '192.0.2.1' or '2001:db8::1', without a zone.")
        }
        return address
    }

    private static func block(_ text: String) throws(ExpressionError) -> IPBlock {
        guard let block = IPBlock(text) else {
            throw ExpressionError(.conversion, "'\(text.prefix(60))' is no block of addresses.", fix: "Write '192.0.2.0/24'.")
        }
        return block
    }
}
