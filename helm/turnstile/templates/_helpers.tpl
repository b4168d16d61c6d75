{{- /*
A value as text, whatever gave it: a number from YAML is a float, and 1000000 must not become 1e+06. A list is "A,B".
*/ -}}
{{- define "turnstile.text" -}}
{{- if kindIs "slice" . -}}
{{- $texts := list -}}
{{- range . -}}
{{- $texts = append $texts (include "turnstile.text" .) -}}
{{- end -}}
{{- join "," $texts -}}
{{- else if and (kindIs "float64" .) (eq (floor .) .) -}}
{{- printf "%.0f" . -}}
{{- else -}}
{{- toString . -}}
{{- end -}}
{{- end -}}

{{- /* A map of texts, as labels and annotations: Kubernetes takes neither numbers nor flags for them. */ -}}
{{- define "turnstile.texts" -}}
{{- range $key, $value := . }}
{{ $key | quote }}: {{ include "turnstile.text" $value | quote }}
{{- end }}
{{- end -}}

{{- /* A release may have dots in its name, a service may not. */ -}}
{{- define "turnstile.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | replace "." "-" | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- /* What one Flink cluster is called: with upgrade.beside, every revision of the release has one of its own. */ -}}
{{- define "turnstile.cluster" -}}
{{- include "turnstile.fullname" . -}}
{{- if .Values.upgrade.beside -}}-r{{ .Release.Revision }}{{- end -}}
{{- end -}}

{{- /* By it the cluster's objects are found again when another revision has taken over. */ -}}
{{- define "turnstile.clusterLabel" -}}
{{- if .Values.upgrade.beside -}}
turnstile/cluster: {{ include "turnstile.cluster" . | quote }}
{{- end -}}
{{- end -}}

{{- /* The rest of the metadata of a cluster's objects, behind its labels: Helm leaves them to upgrade.yaml. */ -}}
{{- define "turnstile.clusterMetadata" -}}
{{- with include "turnstile.clusterLabel" . }}
    {{ . }}
  annotations:
    helm.sh/resource-policy: keep
{{- end }}
{{- end -}}

{{- define "turnstile.releaseLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- /* Of (dict "root" $ "component" NAME). */ -}}
{{- define "turnstile.selectorLabels" -}}
{{ include "turnstile.releaseLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "turnstile.labels" -}}
{{ include "turnstile.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | quote }}
{{- end -}}

{{- /* Of a pod of the release, of (dict "root" $ "component" NAME). */ -}}
{{- define "turnstile.podLabels" -}}
{{ include "turnstile.labels" . }}
{{- include "turnstile.texts" .root.Values.podLabels }}
{{- end -}}

{{- /* Of a pod of the release, of (dict "root" $ "own" VALUES), whose own take precedence; empty if there are none. */ -}}
{{- define "turnstile.podAnnotations" -}}
{{- include "turnstile.texts" (merge (dict) .own .root.Values.podAnnotations) -}}
{{- end -}}

{{- define "turnstile.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "turnstile.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ kindIs "map" . | ternary . (dict "name" .) | dig "name" "" | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{- /* What every pod of the image has. */ -}}
{{- define "turnstile.podSettings" -}}
enableServiceLinks: false
{{- include "turnstile.pullSecrets" . }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
securityContext:
  {{- include "turnstile.podSecurity" (dict "root" . "id" 9999) | nindent 2 }}
{{- end -}}

{{- /* How the template of a hook's pod begins; containers and volumes follow, at the depth of the spec. */ -}}
{{- define "turnstile.hookPod" -}}
metadata:
  labels:
    {{- include "turnstile.podLabels" (dict "root" . "component" "hook") | nindent 4 }}
  {{- with include "turnstile.podAnnotations" (dict "root" . "own" dict) }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
spec:
  restartPolicy: Never
  {{- include "turnstile.podSettings" . | nindent 2 }}
  {{- include "turnstile.hookPlacement" . | nindent 2 }}
  {{- with include "turnstile.trustContainer" . }}
  initContainers:
    {{- trim . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- /* Pods that run to their end go where JobManagers may. */ -}}
{{- define "turnstile.hookPlacement" -}}
{{- include "turnstile.placement" (pick .Values.jobManager "nodeSelector" "tolerations") -}}
{{- end -}}

{{- /* The job's id: high availability finds its checkpoints by it. */ -}}
{{- define "turnstile.jobId" -}}
{{- include "turnstile.jobIdIn" (dict "root" . "cluster" (include "turnstile.cluster" .)) -}}
{{- end -}}

{{- /* Of (dict "root" $ "cluster" NAME). */ -}}
{{- define "turnstile.jobIdIn" -}}
{{- printf "%s/%s/%d" .root.Release.Namespace .cluster (int .root.Values.job.generation) | sha256sum | trunc 32 -}}
{{- end -}}

{{- define "turnstile.bootstrapServers" -}}
{{- if .Values.devKafka.enabled -}}
{{ include "turnstile.fullname" . }}-kafka:9092
{{- else -}}
{{ include "turnstile.text" .Values.kafka.bootstrapServers }}
{{- end -}}
{{- end -}}

{{- /* The port of "host:port" or of a URL, also with an IPv6 address. */ -}}
{{- define "turnstile.port" -}}
{{- $authority := regexReplaceAll "^[^/]*://" . "" | regexFind "^[^/?#]*" -}}
{{- with regexFind ":[0-9]+$" $authority -}}
{{- trimPrefix ":" . -}}
{{- else -}}
{{- hasPrefix "http:" (lower .) | ternary "80" "443" -}}
{{- end -}}
{{- end -}}

{{- /* The ports of "jdbc:postgresql://host:port,…". */ -}}
{{- define "turnstile.jdbcPorts" -}}
{{- $ports := list -}}
{{- range trimPrefix "jdbc:postgresql://" . | regexFind "^[^/?]*" | splitList "," -}}
{{- $ports = append $ports (regexFind ":[0-9]+$" . | trimPrefix ":" | default "5432") -}}
{{- end -}}
{{- join "," $ports -}}
{{- end -}}

{{- /* Ports of the sources of feeds: those of feeds.egressPorts, and of every address that the file has. */ -}}
{{- define "turnstile.feedPorts" -}}
{{- $ports := list -}}
{{- range .Values.feeds.egressPorts -}}
{{- $ports = append $ports (include "turnstile.text" .) -}}
{{- end -}}
{{- $file := .Values.feeds.file -}}
{{- range regexFindAll "(?i)https?://[^\\s\"'/?#,}]+" $file -1 -}}
{{- $ports = append $ports (include "turnstile.port" .) -}}
{{- end -}}
{{- range regexFindAll "jdbc:postgresql://[^\\s\"'/?]*" $file -1 -}}
{{- $ports = concat $ports (include "turnstile.jdbcPorts" . | splitList ",") -}}
{{- end -}}
{{- range regexFindAll "bootstrap_servers['\"]?:\\s*[^\\n}]*" $file -1 -}}
{{- range regexFindAll ":[0-9]+([\\s,'\"]|$)" . -1 -}}
{{- $ports = append $ports (regexFind "[0-9]+" .) -}}
{{- end -}}
{{- end -}}
{{- uniq $ports | join "," -}}
{{- end -}}

{{- /* Ports outside of the release: those of networkPolicy, and of every address that the values have. */ -}}
{{- define "turnstile.egressPorts" -}}
{{- $v := .Values -}}
{{- $addresses := include "turnstile.bootstrapServers" . | splitList "," -}}
{{- $addresses = append $addresses $v.tokens.jwksUrl -}}
{{- $addresses = append $addresses $v.proxy.url -}}
{{- if hasPrefix "s3" $v.storage.uri -}}
{{- $addresses = append $addresses (default "https://s3.amazonaws.com" $v.storage.s3.endpoint) -}}
{{- end -}}
{{- $config := dict -}}
{{- include "turnstile.flatten" (dict "in" $v.flink.config "prefix" "" "out" $config) -}}
{{- range list "s3.endpoint" "presto.s3.endpoint" -}}
{{- $addresses = append $addresses (get $config .) -}}
{{- end -}}
{{- $ports := list -}}
{{- range concat $v.networkPolicy.kafkaPorts $v.networkPolicy.httpsPorts -}}
{{- $ports = append $ports (include "turnstile.text" .) -}}
{{- end -}}
{{- with $v.postgresql.url -}}
{{- $ports = concat $ports (include "turnstile.jdbcPorts" . | splitList ",") -}}
{{- end -}}
{{- range $addresses -}}
{{- with trim . -}}
{{- $ports = append $ports (include "turnstile.port" .) -}}
{{- end -}}
{{- end -}}
{{- uniq $ports | join "," -}}
{{- end -}}

{{- /* Of (dict "name" OPTION "value" VALUE): an argument of the job, or nothing for a switch that is off. */ -}}
{{- define "turnstile.jobOption" -}}
{{- $text := include "turnstile.text" .value -}}
{{- if has .name (list "trust-producer-time" "allow-stale-checkpoint" "jdbc-dead-letter-refused") -}}
{{- if eq $text "true" }}--{{ .name }}{{ end -}}
{{- else if kindIs "bool" .value -}}
{{- /* YAML reads on and off as flags. */ -}}
--{{ .name }}={{ ternary "on" "off" .value }}
{{- else -}}
--{{ .name }}={{ $text }}
{{- end -}}
{{- end -}}

{{- define "turnstile.flinkUrl" -}}
http://{{ include "turnstile.fullname" . }}-rest:8081
{{- end -}}

{{- define "turnstile.jwks" -}}
{{- if .Values.tokens.generate -}}
/opt/turnstile/state/keys/jwks.json
{{- else if .Values.tokens.jwksSecret.name -}}
/opt/turnstile/jwks/{{ .Values.tokens.jwksSecret.key }}
{{- else -}}
{{ .Values.tokens.jwksUrl }}
{{- end -}}
{{- end -}}

{{- define "turnstile.signingKey" -}}
{{- if .Values.check.signingKeySecret.name -}}
/opt/turnstile/signing-key/{{ .Values.check.signingKeySecret.key }}
{{- else if .Values.tokens.generate -}}
/opt/turnstile/state/keys/signing-key.json
{{- end -}}
{{- end -}}

{{- define "turnstile.stateClaim" -}}
{{- default (printf "%s-state" (include "turnstile.fullname" .)) .Values.storage.persistentVolumeClaim.existingClaim -}}
{{- end -}}

{{- /* Of (dict "root" $ "id" NUMBER). */ -}}
{{- define "turnstile.podSecurity" -}}
runAsNonRoot: true
{{- if .root.Values.podSecurity.fixedIds }}
runAsUser: {{ .id }}
runAsGroup: {{ .id }}
fsGroup: {{ .id }}
{{- end }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "turnstile.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- /* What every Java process of the release is started with. */ -}}
{{- define "turnstile.javaOptions" -}}
{{- $options := list -}}
{{- if include "turnstile.certificates" . -}}
{{- $options = append $options "-Djavax.net.ssl.trustStore=/opt/turnstile/trust/truststore.jks" -}}
{{- end -}}
{{- with .Values.proxy -}}
{{- if .url -}}
{{- $direct := list "localhost" "127.*" "[::1]" "$(KUBERNETES_SERVICE_HOST)" "*.svc" "*.cluster.local" -}}
{{- range .noProxy -}}
{{- $direct = append $direct (hasPrefix "." . | ternary (printf "*%s" .) .) -}}
{{- end -}}
{{- $host := regexReplaceAll "^http://(.*):[0-9]+/?$" .url "${1}" -}}
{{- $options = append $options (printf "-Dhttps.proxyHost=%s" $host) -}}
{{- $options = append $options (printf "-Dhttps.proxyPort=%s" (include "turnstile.port" .url)) -}}
{{- $options = append $options (printf "-Dhttp.nonProxyHosts=%s" (join "|" $direct)) -}}
{{- end -}}
{{- end -}}
{{- with .Values.javaOptions -}}
{{- $options = append $options . -}}
{{- end -}}
{{- join " " $options -}}
{{- end -}}

{{- /* Environment of every container of the image. */ -}}
{{- define "turnstile.env" -}}
{{- with include "turnstile.javaOptions" . }}
- name: JAVA_TOOL_OPTIONS
  value: {{ . | quote }}
{{- end }}
{{- range .Values.extraEnv }}
- name: {{ .name | quote }}
  {{- if hasKey . "valueFrom" }}
  valueFrom:
    {{- toYaml .valueFrom | nindent 4 }}
  {{- else }}
  value: {{ include "turnstile.text" .value | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "turnstile.toolEnv" -}}
{{- with include "turnstile.env" . }}
env:
  {{- trim . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "turnstile.mounts" -}}
- name: tmp
  mountPath: /tmp
{{- if include "turnstile.certificates" . }}
- name: trust
  mountPath: /opt/turnstile/trust
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* Of every pod of the image, besides tmp. */ -}}
{{- define "turnstile.volumes" -}}
{{- if include "turnstile.certificates" . }}
- name: certificates
  {{- include "turnstile.certificates" . | nindent 2 }}
- name: trust
  emptyDir: {}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* The source of the volume with certificates; empty without them. */ -}}
{{- define "turnstile.certificates" -}}
{{- with .Values.certificates.secretName -}}
secret:
  secretName: {{ . | quote }}
{{- end -}}
{{- with .Values.certificates.configMapName -}}
configMap:
  name: {{ . | quote }}
{{- end -}}
{{- end -}}

{{- /* The init container, if any, that makes the trust store of the pod's others. */ -}}
{{- define "turnstile.trustContainer" -}}
{{- if include "turnstile.certificates" . }}
- name: trust
  image: {{ include "turnstile.image" . | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [/opt/turnstile/bin/trust-certificates]
  args: [/opt/turnstile/certificates, /opt/turnstile/trust/truststore.jks]
  {{- include "turnstile.toolResources" . | nindent 2 }}
  volumeMounts:
    - name: tmp
      mountPath: /tmp
    - name: certificates
      mountPath: /opt/turnstile/certificates
      readOnly: true
    - name: trust
      mountPath: /opt/turnstile/trust
{{- end }}
{{- end -}}

{{- /* Init containers before the JobManager of a release that is tried out, and what every pod begins with. */ -}}
{{- define "turnstile.prepareContainers" -}}
{{- include "turnstile.trustContainer" . }}
{{- if .Values.tokens.generate }}
- name: keys
  image: {{ include "turnstile.image" . | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [/opt/turnstile/bin/make-keys]
  args: [/opt/turnstile/state/keys]
  {{- include "turnstile.toolEnv" . | nindent 2 }}
  {{- include "turnstile.toolResources" . | nindent 2 }}
  volumeMounts:
    {{- include "turnstile.mounts" . | nindent 4 }}
    - name: state
      mountPath: /opt/turnstile/state
{{- end }}
{{- if and .Values.devKafka.enabled .Values.topics.create }}
# The broker comes with this release: no hook before it could reach it.
- {{- include "turnstile.topicsContainer" . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* What every container mounts that talks to Kafka. */ -}}
{{- define "turnstile.kafkaMounts" -}}
{{- if .Values.kafka.clientProperties.secretName }}
- name: kafka
  mountPath: /opt/turnstile/kafka
  readOnly: true
{{- end }}
{{- end -}}

{{- define "turnstile.kafkaVolumes" -}}
{{- with .Values.kafka.clientProperties.secretName }}
- name: kafka
  secret:
    secretName: {{ . | quote }}
{{- end }}
{{- end -}}

{{- /* What every container mounts that talks to PostgreSQL. */ -}}
{{- define "turnstile.postgresqlMounts" -}}
{{- if .Values.postgresql.passwordSecret.name }}
- name: postgresql
  mountPath: /opt/turnstile/postgresql
  readOnly: true
{{- end }}
{{- end -}}

{{- define "turnstile.postgresqlVolumes" -}}
{{- with .Values.postgresql.passwordSecret.name }}
- name: postgresql
  secret:
    secretName: {{ . | quote }}
{{- end }}
{{- end -}}

{{- /* Arguments of the command line and of the job alike; nothing if the verdicts are in Kafka. */ -}}
{{- define "turnstile.postgresqlArguments" -}}
{{- with .Values.postgresql }}
{{- if .url }}
- {{ printf "--jdbc-url=%s" .url | quote }}
{{- with .user }}
- {{ printf "--jdbc-user=%s" . | quote }}
{{- end }}
{{- if .passwordSecret.name }}
- {{ printf "--jdbc-password-file=/opt/turnstile/postgresql/%s" .passwordSecret.key | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* Arguments of the command line and of the job alike. */ -}}
{{- define "turnstile.kafkaArguments" -}}
- {{ printf "--bootstrap-servers=%s" (include "turnstile.bootstrapServers" .) | quote }}
{{- with .Values.topics.prefix }}
- {{ printf "--topic-prefix=%s" . | quote }}
{{- end }}
{{- with .Values.kafka.clientProperties }}
{{- if .secretName }}
- {{ printf "--client-properties=/opt/turnstile/kafka/%s" .key | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* The job's own arguments. */ -}}
{{- define "turnstile.jobArguments" -}}
{{- include "turnstile.kafkaArguments" . }}
- {{ printf "--jwks=%s" (include "turnstile.jwks" .) | quote }}
- {{ printf "--commit=%s" .Values.job.commit }}
- {{ printf "--lanes=%d" (int .Values.job.lanes) }}
{{- if .Values.postgresql.url }}
- --journal-store=postgresql
{{- end }}
{{- with include "turnstile.postgresqlArguments" . }}
{{ . }}
{{- end }}
{{- range $option, $value := .Values.job.options }}
{{- with include "turnstile.jobOption" (dict "name" $option "value" $value) }}
- {{ . | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* The container that creates and checks the topics. */ -}}
{{- define "turnstile.topicsContainer" -}}
name: topics
image: {{ include "turnstile.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
command: [/opt/turnstile/bin/turnstile]
args:
  - topics
  {{- include "turnstile.kafkaArguments" . | nindent 2 }}
  - {{ printf "--lanes=%d" (int .Values.job.lanes) }}
  {{- with .Values.topics.inputPartitions }}
  - {{ printf "--input-partitions=%d" (int .) }}
  {{- end }}
  - {{ printf "--replication-factor=%d" (int .Values.topics.replicationFactor) }}
  {{- range $name, $value := .Values.topics.inputConfig }}
  - {{ printf "--input-config=%s=%s" $name (include "turnstile.text" $value) | quote }}
  {{- end }}
  {{- range $name, $value := .Values.topics.verdictConfig }}
  - {{ printf "--verdict-config=%s=%s" $name (include "turnstile.text" $value) | quote }}
  {{- end }}
  {{- with dig "reference" "" .Values.job.options }}
  - {{ printf "--reference=%s" . | quote }}
  {{- end }}
  {{- with dig "trust-producer-time" "" .Values.job.options }}
  {{- with include "turnstile.jobOption" (dict "name" "trust-producer-time" "value" .) }}
  - {{ . }}
  {{- end }}
  {{- end }}
  - --timeout=2m
{{- include "turnstile.toolEnv" . }}
{{- include "turnstile.toolResources" . }}
volumeMounts:
  {{- include "turnstile.mounts" . | nindent 2 }}
  {{- include "turnstile.kafkaMounts" . | nindent 2 }}
{{- end -}}

{{- define "turnstile.toolResources" }}
resources:
  requests:
    cpu: 100m
    memory: 384Mi
  limits:
    memory: 384Mi
securityContext:
  {{- include "turnstile.containerSecurity" . | nindent 2 }}
{{- end -}}

{{- /* Environment of JobManager and TaskManagers. */ -}}
{{- define "turnstile.flinkEnv" -}}
- name: POD_IP
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
{{- include "turnstile.env" . }}
{{- with .Values.storage.s3.credentialsSecret }}
{{- if .name }}
- name: AWS_ACCESS_KEY_ID
  valueFrom:
    secretKeyRef:
      name: {{ .name | quote }}
      key: {{ .accessKeyKey | quote }}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .name | quote }}
      key: {{ .secretKeyKey | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "turnstile.flinkMounts" -}}
{{- if eq .Values.mode "application" -}}
- name: config
  mountPath: /opt/flink/conf
  readOnly: true
{{ end -}}
- name: log
  mountPath: /opt/flink/log
{{ include "turnstile.mounts" . }}
{{- if .Values.storage.persistentVolumeClaim.enabled }}
- name: state
  mountPath: /opt/turnstile/state
{{- end }}
{{- if .Values.tokens.jwksSecret.name }}
- name: jwks
  mountPath: /opt/turnstile/jwks
  readOnly: true
{{- end }}
{{- include "turnstile.kafkaMounts" . }}
{{- include "turnstile.postgresqlMounts" . }}
{{- end -}}

{{- /* Of (dict "root" $ "scratch" SIZE). */ -}}
{{- define "turnstile.flinkVolumes" -}}
{{- if eq .root.Values.mode "application" -}}
- name: config
  configMap:
    name: {{ include "turnstile.cluster" .root }}-flink
{{ end -}}
- name: log
  emptyDir:
    sizeLimit: 1Gi
- name: tmp
  emptyDir:
    sizeLimit: {{ include "turnstile.text" .scratch | quote }}
{{- if .root.Values.storage.persistentVolumeClaim.enabled }}
- name: state
  persistentVolumeClaim:
    claimName: {{ include "turnstile.stateClaim" .root | quote }}
{{- end }}
{{- with .root.Values.tokens.jwksSecret.name }}
- name: jwks
  secret:
    secretName: {{ . | quote }}
{{- end }}
{{- include "turnstile.kafkaVolumes" .root }}
{{- include "turnstile.postgresqlVolumes" .root }}
{{- include "turnstile.volumes" .root }}
{{- end -}}

{{- /*
Of (dict "root" $ "component" NAME "within" VALUES): with autoscaling, as many as there are. Without a number Kubernetes
would go on with one.
*/ -}}
{{- define "turnstile.scaled" -}}
{{- $name := printf "%s-%s" (include "turnstile.fullname" .root) .component -}}
{{- $now := lookup "apps/v1" "Deployment" .root.Release.Namespace $name | dig "spec" "replicas" 0 | int -}}
{{- min .within.maxReplicas (max .within.minReplicas $now) -}}
{{- end -}}

{{- define "turnstile.taskManagers" -}}
{{- if .Values.autoscaling.enabled -}}
{{- include "turnstile.scaled" (dict "root" . "component" "taskmanager" "within" .Values.autoscaling) -}}
{{- else -}}
{{- $spares := eq .Values.scheduling "fixed" | ternary .Values.taskManager.spares 0 -}}
{{- add (int .Values.taskManager.replicas) (int $spares) -}}
{{- end -}}
{{- end -}}

{{- /* Of (dict "memoryMiB" … "cpuRequest" … "cpuLimit" …). */ -}}
{{- define "turnstile.flinkResources" -}}
requests:
  cpu: {{ .cpuRequest | quote }}
  memory: {{ int .memoryMiB }}Mi
limits:
  {{- with .cpuLimit }}
  cpu: {{ . | quote }}
  {{- end }}
  memory: {{ int .memoryMiB }}Mi
{{- end -}}

{{- define "turnstile.placement" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- include "turnstile.texts" . | trim | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* Of (dict "root" $ "component" NAME): over nodes and zones. */ -}}
{{- define "turnstile.spread" -}}
{{- if .root.Values.topologySpread.enabled }}
topologySpreadConstraints:
  {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "turnstile.selectorLabels" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- end -}}
