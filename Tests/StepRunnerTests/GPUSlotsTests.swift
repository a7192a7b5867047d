// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Testing

@Suite("Slots of graphics cards")
struct GPUSlotsTests {
    private func slots(_ count: Int) -> GPUSlots { GPUSlots(devices: (0..<count).map { GPUDevice(index: $0) }) }

    @Test("give each card to one attempt at a time, all that are asked for or none")
    func assignment() {
        let slots = slots(3)
        #expect(slots.assign(2, to: "a") == [0, 1])
        #expect(slots.assign(2, to: "b") == nil)
        #expect(slots.assign(1, to: "b") == [2])
        #expect(slots.freeCount == 0)
        slots.release("a")
        slots.release("unknown")
        #expect(slots.assign(1, to: "c") == [0])
        #expect(slots.assign(0, to: "d") == [])
        #expect(slots.freeCount == 1)
    }

    @Test("give an attempt that asks again what it holds")
    func repetition() {
        let slots = slots(2)
        #expect(slots.assign(1, to: "a") == [0])
        #expect(slots.assign(1, to: "a") == [0])
        #expect(slots.freeCount == 1)
    }

    @Test("know what attempts hold since before a restart, whatever is listed now")
    func adoption() {
        let slots = slots(2)
        slots.adopt("old", holding: [1, 7])
        #expect(slots.assign(2, to: "a") == nil)
        #expect(slots.assign(1, to: "a") == [0])
        slots.release("old")
        #expect(slots.assign(1, to: "b") == [1])
    }

    @Test("tell what can never be had, and choose by kind")
    func kinds() {
        let slots = GPUSlots(devices: [GPUDevice(index: 1, kind: "nvidia-a100"), GPUDevice(index: 0, kind: "nvidia-h100-80gb")])
        #expect(!slots.canEverAssign(3))
        #expect(slots.canEverAssign(1, of: "nvidia-a100"))
        #expect(!slots.canEverAssign(1, of: "nvidia-h200"))
        #expect(slots.assign(1, of: "nvidia-a100", to: "a") == [1])
        #expect(slots.assign(1, of: "nvidia-a100", to: "b") == nil)
        #expect(slots.assign(1, of: "nvidia-h100", to: "b") == [0])
    }

    @Test("are never given twice, whoever asks at the same time")
    func concurrency() async {
        let slots = slots(16)
        let given = await withTaskGroup(of: [Int]?.self) { group in
            for number in 0..<40 { group.addTask { slots.assign(1, to: "a\(number)") } }
            return await group.reduce(into: [Int]()) { $0 += $1 ?? [] }
        }
        #expect(given.sorted() == Array(0..<16))
    }

    @Test(
        "come from the setting when there is one",
        arguments: [("0,1", [0, 1]), ("3, 1", [1, 3]), ("2", [0, 1]), ("0", []), ("3,", [3]), (" 1 ", [0])])
    func setting(_ text: String, _ expected: [Int]) throws {
        #expect(try GPUFinder.devices(setting: text).map(\.index) == expected)
    }

    @Test("refuse a setting that says nothing", arguments: ["all", "0,x", "-1", "1,1", "0-3", "9999"])
    func badSetting(_ text: String) {
        let problem = #expect(throws: Problem.self) { try GPUFinder.devices(setting: text) }
        #expect(problem?.code == "steps.gpus.malformed")
    }

    @Test("read the list of nvidia-smi")
    func list() {
        // As nvidia-smi 550 prints it, with one card cut into parts.
        let text = """
            GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-5e1a1f7e-7c4c-4ff9-b0d6-6b0d2c0a9f01)
              MIG 1g.10gb     Device  0: (UUID: MIG-1f0e7a1c-93f6-5c63-a4a4-d1a6f3d7a0b1)
            GPU 1: Tesla T4 (UUID: GPU-9f0e7a1c-93f6-5c63-a4a4-d1a6f3d7a0b1)

            """
        #expect(
            GPUFinder.parse(list: text) == [
                GPUDevice(index: 0, kind: "nvidia-h100-80gb-hbm3"), GPUDevice(index: 1, kind: "tesla-t4"),
            ])
    }

    @Test("read the driver's folder where there is no nvidia-smi")
    func driverFolder() throws {
        let folder = NSTemporaryDirectory() + "/steps-gpus-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (bus, minor) in [("0000:65:00.0", 1), ("0000:17:00.0", 0)] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(bus)", withIntermediateDirectories: true)
            try "Model: \t\t NVIDIA A10\nIRQ:   \t\t 255\nDevice Minor: \t \(minor)\n".write(
                toFile: "\(folder)/\(bus)/information", atomically: true, encoding: .utf8)
        }
        #expect(
            GPUFinder.devices(inDriverFolder: folder) == [GPUDevice(index: 0, kind: "nvidia-a10"), GPUDevice(index: 1, kind: "nvidia-a10")])
        #expect(GPUFinder.devices(inDriverFolder: folder + "/none").isEmpty)
    }
}
