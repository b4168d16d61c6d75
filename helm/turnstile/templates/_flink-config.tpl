{{- /* Adds the entries of the nested dict "in" to the dict "out" under dotted keys. */ -}}
{{- define "turnstile.flatten" -}}
{{- $out := .out -}}
{{- $prefix := .prefix -}}
{{- range $key, $value := .in -}}
{{- if kindIs "map" $value -}}
{{- include "turnstile.flatten" (dict "in" $value "prefix" (printf "%s%s." $prefix $key) "out" $out) -}}
{{- else -}}
{{- $_ := set $out (printf "%s%s" $prefix $key) (include "turnstile.text" $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* A directory of its own below storage.uri, also where releases share one. */ -}}
{{- define "turnstile.haId" -}}
/{{ .Release.Namespace }}/{{ include "turnstile.cluster" . }}
{{- end -}}

{{- define "turnstile.haDirectory" -}}
{{ trimSuffix "/" .Values.storage.uri }}/ha{{ include "turnstile.haId" . }}
{{- end -}}

{{- /* config.yaml: the profile, what follows from the values, and flink.config, each over the one before. */ -}}
{{- define "turnstile.flinkConfig" -}}
{{- $values := .Values -}}
{{- $name := include "turnstile.fullname" . -}}
{{- $cluster := include "turnstile.cluster" . -}}
{{- $config := dict -}}
{{- $profile := .Files.Get (printf "files/flink-conf/%s/config.yaml" $values.flink.profile) | fromYaml -}}
{{- include "turnstile.flatten" (dict "in" $profile "prefix" "" "out" $config) -}}
{{- $own := dict
  "jobmanager.rpc.address" (printf "%s-jobmanager" $cluster)
  "jobmanager.rpc.port" 6123
  "jobmanager.bind-host" "0.0.0.0"
  "jobmanager.memory.process.size" (printf "%dm" (int $values.jobManager.memoryMiB))
  "blob.server.port" 6124
  "rest.address" (printf "%s-rest" $name)
  "rest.bind-address" "0.0.0.0"
  "rest.port" 8081
  "rest.bind-port" 8081
  "taskmanager.bind-host" "0.0.0.0"
  "taskmanager.rpc.port" 6122
  "taskmanager.data.port" 6121
  "taskmanager.numberOfTaskSlots" (int $values.taskManager.slots)
  "taskmanager.memory.process.size" (printf "%dm" (int $values.taskManager.memoryMiB))
  "io.tmp.dirs" "/tmp"
  "web.submit.enable" false
  "web.cancel.enable" false
  "metrics.reporters" "prom"
  "metrics.reporter.prom.factory.class" "org.apache.flink.metrics.prometheus.PrometheusReporterFactory"
  "metrics.reporter.prom.port" 9249
  "execution.checkpointing.dir" (printf "%s/checkpoints" (trimSuffix "/" $values.storage.uri))
  "execution.checkpointing.savepoint-dir" (printf "%s/savepoints" (trimSuffix "/" $values.storage.uri))
  "execution.shutdown-on-application-finish" false
  "job-result-store.delete-on-commit" false
-}}
{{- include "turnstile.flatten" (dict "in" $own "prefix" "" "out" $config) -}}
{{- if eq $values.scheduling "reactive" -}}
{{- $_ := set $config "scheduler-mode" "reactive" -}}
{{- else -}}
{{- $_ := set $config "parallelism.default" (mul (int $values.taskManager.replicas) (int $values.taskManager.slots) | toString) -}}
{{- end -}}
{{- if $values.highAvailability.enabled -}}
{{- $_ := set $config "high-availability.type" "kubernetes" -}}
{{- $_ := set $config "high-availability.storageDir" (printf "%s/ha" (trimSuffix "/" $values.storage.uri)) -}}
{{- $_ := set $config "kubernetes.cluster-id" $cluster -}}
{{- $_ := set $config "high-availability.cluster-id" (include "turnstile.haId" .) -}}
{{- $_ := set $config "kubernetes.namespace" .Release.Namespace -}}
{{- end -}}
{{- with $values.storage.s3 -}}
{{- if .endpoint -}}
{{- $_ := set $config "s3.endpoint" .endpoint -}}
{{- end -}}
{{- if .pathStyleAccess -}}
{{- $_ := set $config "s3.path.style.access" "true" -}}
{{- end -}}
{{- end -}}
{{- if eq $values.mode "operator" -}}
{{- include "turnstile.operatorConfig" (dict "root" . "config" $config) -}}
{{- end -}}
{{- include "turnstile.flatten" (dict "in" $values.flink.config "prefix" "" "out" $config) -}}
{{- range $key, $value := $config }}
{{ $key }}: {{ $value | quote }}
{{- end }}
{{- end -}}
