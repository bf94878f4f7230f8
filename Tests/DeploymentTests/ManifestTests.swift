import Foundation
import Redis
import Telemetry
import Testbed
import Testing
import Workers

/// The Kubernetes manifests agree with each other and with the executables.
@Suite(.enabled(if: Manifests.canRender, "needs kubectl")) struct ManifestTests {
  private let base: Manifests

  init() throws { base = try Manifests("base") }

  @Test func `every service runs its executable with its own Redis user`() throws {
    let names = base.all("Deployment").compactMap { $0["metadata"]["name"].text }
    #expect(names.sorted() == Deployment.services.sorted())
    // The passwords come from elsewhere, and nothing starts without them.
    #expect(base.all("Secret").isEmpty)
    for service in Deployment.services {
      let container = try container(service)
      let command = try #require(container["command"][0].text)
      #expect(command == (service == "ingress" ? service : "\(service)-worker"))
      #expect(FileManager.default.isExecutableFile(atPath: Executables.path(command)))
      let pod = try #require(base.named("Deployment", service))["spec"]["template"]["spec"]
      let secret = pod["volumes"][0]["secret"]
      #expect(secret["secretName"].text == "redis-passwords" && secret["items"].elements.count == 1)
      #expect(try secret["items"][0]["key"].text == Deployment.users()[service])
      let mount = container["volumeMounts"][0]
      #expect(mount["name"] == pod["volumes"][0]["name"] && mount["readOnly"] == .bool(true))
      #expect(
        container.environment["HANDOVER_REDIS_PASSWORD_FILE"]?["value"].text
          == "\(mount["mountPath"].text ?? "")/\(secret["items"][0]["path"].text ?? "")")
      #expect(container.environment["HANDOVER_REDIS_USER"]?["value"].text == service)
      let codes = pod["volumes"].elements.first { $0["secret"]["secretName"].text == "handover-codes" }
      #expect((codes != nil) == Deployment.codeServices.contains(service))
      if let codes {
        let mount = container["volumeMounts"].elements.first { $0["name"] == codes["name"] }
        #expect(
          container.environment["HANDOVER_CODE_SECRET_FILE"]?["value"].text
            == "\(mount?["mountPath"].text ?? "")/CODE_SECRET")
      }
      let url = try RedisURL(container.environment["HANDOVER_REDIS_URL"]?["value"].text ?? "")
      #expect(url.user == nil && url.password == nil)
      #expect(url.endpoint == .tcp(host: "redis", port: 6379))
    }
  }

  @Test func `the passwords for trials are a Secret of their own`() throws {
    let secret = try #require(try Manifests("../development").named("Secret", "redis-passwords"))
    #expect(try Set(secret["data"].members.keys) == Set(Deployment.users().values))
    let codes = try #require(try Manifests("../development").named("Secret", "handover-codes"))
    #expect(Array(codes["data"].members.keys) == ["CODE_SECRET"])
  }

  @Test func `the executables read every variable that the manifests set`() throws {
    let settings = try #require(base.named("ConfigMap", "config-dev"))["data"].members
    for service in Deployment.services {
      let container = try container(service)
      #expect(container["envFrom"][0]["configMapRef"]["name"].text == "config-dev")
      #expect(settings["\(service.uppercased())_LOG_LEVEL"] != nil)
      for variable in container.environment.keys {
        #expect(try Deployment.isSetting(variable), "\(variable)")
      }
    }
    for variable in settings.keys { #expect(try Deployment.isSetting(variable), "\(variable)") }
  }

  @Test func `probes use the port and paths that the process serves`() throws {
    for service in Deployment.services {
      let container = try container(service)
      let port = container.environment["HANDOVER_HEALTH_PORT"]?["value"].text
      for probe in ["readiness", "liveness"] {
        let call = container["\(probe)Probe"]["httpGet"]
        #expect(call["path"].text == "/actuator/health/\(probe)")
        #expect(container.port(call["port"]).map(String.init) == port)
      }
      let policy = try #require(base.named("Deployment", service))["spec"]["strategy"]["rollingUpdate"]
      #expect(policy["maxUnavailable"].integer == 0)
    }
    // Its clients reach the other port of the ingress, and Prometheus only this one.
    let ingress = try container("ingress")
    #expect(
      ingress.port(.string("http")).map(String.init) == ingress.environment["HANDOVER_PORT"]?["value"].text)
    let clients = try #require(base.named("NetworkPolicy", "ingress"))["spec"]["ingress"].elements
    #expect(clients.map { $0["ports"][0]["port"].text } == ["http"])
    let monitoring = try #require(base.named("NetworkPolicy", "handover"))["spec"]["ingress"].elements
    #expect(monitoring.map { $0["ports"][0]["port"].text } == ["health"])
    #expect(
      try Deployment.text("prometheus/kubernetes.yaml").contains("port_name], regex: health, action: keep"))
  }

  @Test func `every selector matches its own workload`() throws {
    for workload in base.all("Deployment") + base.all("StatefulSet") {
      let name = workload["metadata"]["name"]
      #expect(base.templates(workload["spec"]["selector"]["matchLabels"]) == [workload["spec"]["template"]])
      #expect(workload["spec"]["template"]["metadata"]["labels"]["app"] == name)
    }
    for service in base.all("Service") {
      let templates = base.templates(service["spec"]["selector"])
      #expect(templates.count == 1)
      let port = service["spec"]["ports"][0]
      #expect(templates[0]["spec"]["containers"][0].port(port["targetPort"]) == port["port"].integer)
    }
    for budget in base.all("PodDisruptionBudget") {
      let templates = base.templates(budget["spec"]["selector"]["matchLabels"])
      #expect(templates.map { $0["metadata"]["labels"]["app"] } == [budget["metadata"]["name"]])
    }
    for policy in base.all("NetworkPolicy") {
      let chosen = base.templates(policy["spec"]["podSelector"]["matchLabels"])
      #expect(!chosen.isEmpty)
      let peers = policy["spec"]["ingress"].elements.flatMap { $0["from"].elements }
      for peer in peers where peer["podSelector"] != .null {
        #expect(base.templates(peer["podSelector"]["matchLabels"]).count == Deployment.services.count + 1)
      }
    }
    for scaler in base.all("HorizontalPodAutoscaler") {
      let target = scaler["spec"]["scaleTargetRef"]
      #expect(target["name"] == scaler["metadata"]["name"])
      #expect(base.named("Deployment", target["name"].text ?? "") != nil)
      #expect(scaler["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"].integer == 50)
      #expect([scaler["spec"]["minReplicas"].integer, scaler["spec"]["maxReplicas"].integer] == [1, 3])
    }
    #expect(base.all("PodDisruptionBudget").count == Deployment.services.count)
    #expect(base.all("HorizontalPodAutoscaler").count == Deployment.services.count)
  }

  @Test func `Redis mounts its configuration and its data`() throws {
    let pod = try #require(base.named("StatefulSet", "redis"))["spec"]["template"]["spec"]
    let volumes = pod["volumes"].elements
    let config = try #require(volumes.first { $0["name"].text == "config" }?["configMap"]["name"].text)
    let files = try #require(base.named("ConfigMap", config))["data"].members
    let kept = try FileManager.default.contentsOfDirectory(atPath: Deployment.folder.path + "/redis")
    #expect(Set(files.keys) == Set(kept.filter { !$0.hasSuffix(".yaml") }))
    let claims = try #require(base.named("StatefulSet", "redis"))["spec"]["volumeClaimTemplates"].elements
    let known = Set((volumes + claims).compactMap { $0["name"].text ?? $0["metadata"]["name"].text })
    let mounted = pod["containers"][0]["volumeMounts"].elements.compactMap { $0["name"].text }
    #expect(Set(mounted) == known)
  }

  @Test func `the EFS overlay stores the data on EFS`() throws {
    let claim = try #require(try Manifests("overlays/efs").named("StatefulSet", "redis"))["spec"]
    #expect(claim["volumeClaimTemplates"][0]["spec"]["storageClassName"].text == "efs-sc")
  }

  @Test(arguments: ["archive", "backup"])
  func `an overlay has a nightly job with the operator's password and a volume`(_ name: String) throws {
    let overlay = try Manifests("overlays/\(name)")
    let job = try #require(overlay.named("CronJob", name))["spec"]
    #expect(job["concurrencyPolicy"].text == "Forbid")
    let template = job["jobTemplate"]["spec"]["template"]
    let (pod, container) = (template["spec"], template["spec"]["containers"][0])
    let command = container["command"].elements.compactMap(\.text)
    let mounts = container["volumeMounts"].elements
    #expect(command.prefix(3) == ["handover", name, "--to"])
    #expect(mounts.contains { $0["name"].text == name && $0["mountPath"].text == command[3] })
    let claim = pod["volumes"].elements.first { $0["name"].text == name }?["persistentVolumeClaim"]
    #expect(overlay.named("PersistentVolumeClaim", claim?["claimName"].text ?? "") != nil)
    let password = pod["volumes"][0]["secret"]["items"][0]
    #expect(try password["key"].text == Deployment.users()["operator"])
    #expect(
      container.environment["HANDOVER_REDIS_PASSWORD_FILE"]?["value"].text
        == "\(mounts[0]["mountPath"].text ?? "")/\(password["path"].text ?? "")")
    // As a part of the system it may reach Redis.
    #expect(template["metadata"]["labels"]["app.kubernetes.io/part-of"].text == "handover")
  }

  @Test func `the archive overlay knows how long things are kept`() throws {
    let archive = try Manifests("overlays/archive")
    let job = try #require(archive.named("CronJob", "archive"))["spec"]["jobTemplate"]["spec"]
    let container = job["template"]["spec"]["containers"][0]
    let settings = container["envFrom"][0]["configMapRef"]["name"].text ?? ""
    #expect(archive.named("ConfigMap", settings)?["data"]["HANDOVER_KEEP_ENDED_DAYS"] != .null)
  }

  @Test func `KEDA scales every worker by a metric that it has`() throws {
    let keda = try Manifests("overlays/keda")
    #expect(keda.all("HorizontalPodAutoscaler").compactMap { $0["metadata"]["name"].text } == ["ingress"])
    for role in WorkerKind.allCases {
      let scaler = try #require(keda.named("ScaledObject", role.rawValue))["spec"]
      #expect(scaler["scaleTargetRef"]["name"].text == role.rawValue)
      let trigger = scaler["triggers"][0]["metadata"]
      let query = "max(\(Metric.lagEntries.rawValue){worker=\"\(role.rawValue)\"})"
      #expect(trigger["query"].text == query)
      #expect(trigger["threshold"].text == "1000")
    }
  }

  @Test func `the cluster overlay has a Redis Cluster that every service finds`() throws {
    let cluster = try Manifests("overlays/cluster")
    let set = try #require(cluster.named("StatefulSet", "redis"))["spec"]
    let service = try #require(cluster.named("Service", set["serviceName"].text ?? ""))["spec"]
    #expect(service["clusterIP"].text == "None")
    #expect(cluster.templates(service["selector"]) == [set["template"]])
    let count = try #require(set["replicas"].integer)
    #expect(count == 6)
    let nodes = (0..<count).map { "redis-\($0).redis" }
    for name in Deployment.services {
      let deployment = try #require(cluster.named("Deployment", name))["spec"]["template"]["spec"]
      let variable = deployment["containers"][0].environment["HANDOVER_REDIS_URL"]
      let url = try RedisURL(variable?["value"].text ?? "")
      #expect("\(url)" == "redis://" + nodes.map { "\($0):6379" }.joined(separator: ","))
    }
    let container = set["template"]["spec"]["containers"][0]
    #expect(
      container["args"].elements.compactMap(\.text).suffix(2) == [
        "--cluster-announce-hostname", "$(POD_NAME).redis",
      ])
    #expect(container.environment["POD_NAME"] != nil)
    // The bus is 10,000 above the port of the clients, and only nodes are let in there.
    let bus = try #require(container.port(.string("bus")))
    #expect(bus == 10_000 + (container.port(.string("redis")) ?? 0))
    let policy = try #require(cluster.named("NetworkPolicy", "redis-bus"))["spec"]
    for (direction, peer) in [("ingress", "from"), ("egress", "to")] {
      let rule = policy[direction][0]
      #expect(cluster.templates(rule[peer][0]["podSelector"]["matchLabels"]) == [set["template"]])
      #expect(policy[direction].elements.count == 1 && rule[peer].elements.count == 1)
    }
    #expect(policy["egress"][0]["ports"][0]["port"].integer == bus)
    // The job names the same nodes, signs in as the operator, and has the script.
    let pod = try #require(cluster.named("Job", "redis-form"))["spec"]["template"]["spec"]
    let job = pod["containers"][0]
    #expect(job["args"].elements.compactMap(\.text) == nodes.map { "\($0):6379" })
    let password = pod["volumes"][0]["secret"]["items"][0]
    #expect(try password["key"].text == Deployment.users()["operator"] && password["path"] == password["key"])
    #expect(job["volumeMounts"].elements.contains { $0["mountPath"].text == "/run/secrets" })
    let config = try #require(pod["volumes"][1]["configMap"]["name"].text)
    #expect(cluster.named("ConfigMap", config)?["data"]["form"] != .null)
    #expect(cluster.named("ConfigMap", "config-dev")?["data"]["HANDOVER_SHARDS"].text == "64")
    let budget = try #require(cluster.named("PodDisruptionBudget", "redis"))["spec"]
    #expect(cluster.templates(budget["selector"]["matchLabels"]) == [set["template"]])
  }

  private func container(_ service: String) throws -> JSON {
    try #require(base.named("Deployment", service))["spec"]["template"]["spec"]["containers"][0]
  }
}
