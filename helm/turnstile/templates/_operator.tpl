{{- /*
Of (dict "root" $ "config" CONFIG): changes it to what the Flink Kubernetes operator is given. It makes the addresses and
sizes itself, and refuses the identities.
*/ -}}
{{- define "turnstile.operatorConfig" -}}
{{- $values := .root.Values -}}
{{- $config := .config -}}
{{- range list "jobmanager.rpc.address" "jobmanager.rpc.port" "jobmanager.bind-host" "jobmanager.memory.process.size"
  "rest.address" "rest.bind-address" "rest.port" "rest.bind-port" "taskmanager.bind-host" "taskmanager.memory.process.size"
  "parallelism.default" "kubernetes.cluster-id" "kubernetes.namespace" "high-availability.cluster-id" -}}
{{- $_ := unset $config . -}}
{{- end -}}
{{- $_ := set $config "high-availability.storageDir" (printf "%s/ha/%s" (trimSuffix "/" $values.storage.uri) .root.Release.Namespace) -}}
{{- $_ := set $config "kubernetes.taskmanager.service-account" (printf "%s-taskmanager" (include "turnstile.fullname" .root)) -}}
{{- $_ := set $config "slotmanager.redundant-taskmanager-num" (toString $values.taskManager.spares) -}}
{{- range $who := list "jobManager" "taskManager" -}}
{{- $pod := index $values $who -}}
{{- $factor := "10" -}}
{{- with $pod.cpuLimit -}}
{{- $factor = divf (include "turnstile.cores" .) (include "turnstile.cores" $pod.cpuRequest) | toString -}}
{{- end -}}
{{- $_ := set $config (printf "kubernetes.%s.cpu.limit-factor" (lower $who)) $factor -}}
{{- end -}}
{{- with $values.autoscaling -}}
{{- if .enabled -}}
{{- $slots := int $values.taskManager.slots -}}
{{- $_ := set $config "jobmanager.scheduler" "adaptive" -}}
{{- $_ := set $config "job.autoscaler.enabled" "true" -}}
{{- $_ := set $config "job.autoscaler.vertex.min-parallelism" (mul .minReplicas $slots | toString) -}}
{{- $_ := set $config "job.autoscaler.vertex.max-parallelism" (mul .maxReplicas $slots | toString) -}}
{{- $_ := set $config "job.autoscaler.utilization.target" (divf .targetBusyPercentage 100 | toString) -}}
{{- $_ := set $config "job.autoscaler.stabilization.interval" (printf "%ds" (int .scaleUpStabilizationSeconds)) -}}
{{- $_ := set $config "job.autoscaler.scale-down.interval" (printf "%ds" (int .scaleDownStabilizationSeconds)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* A quantity of processors as a number: 500m is 0.5. */ -}}
{{- define "turnstile.cores" -}}
{{- $text := include "turnstile.text" . -}}
{{- if hasSuffix "m" $text -}}
{{- divf (trimSuffix "m" $text) 1000 -}}
{{- else -}}
{{- $text -}}
{{- end -}}
{{- end -}}

{{- /* Of (dict "root" $ "component" NAME "pod" VALUES "init" CONTAINERS). */ -}}
{{- define "turnstile.operatorPod" -}}
resource:
  cpu: {{ include "turnstile.cores" .pod.cpuRequest }}
  memory: {{ int .pod.memoryMiB }}m
podTemplate:
  metadata:
    labels:
      {{- include "turnstile.podLabels" (dict "root" .root "component" .component) | nindent 6 }}
    {{- with include "turnstile.podAnnotations" (dict "root" .root "own" .pod.podAnnotations) }}
    annotations:
      {{- . | nindent 6 }}
    {{- end }}
  spec:
    terminationGracePeriodSeconds: 60
    {{- include "turnstile.podSettings" .root | nindent 4 }}
    {{- include "turnstile.placement" .pod | nindent 4 }}
    {{- include "turnstile.spread" (dict "root" .root "component" .component) | nindent 4 }}
    {{- with .init }}
    initContainers:
      {{- trim . | nindent 6 }}
    {{- end }}
    containers:
      # The name by which Flink knows its own.
      - name: flink-main-container
        env:
          {{- include "turnstile.flinkEnv" .root | nindent 10 }}
        ports:
          - name: metrics
            containerPort: 9249
        securityContext:
          {{- include "turnstile.containerSecurity" .root | nindent 10 }}
        volumeMounts:
          {{- include "turnstile.flinkMounts" .root | nindent 10 }}
    volumes:
      {{- include "turnstile.flinkVolumes" (dict "root" .root "scratch" .pod.scratchSize) | nindent 6 }}
{{- end -}}
