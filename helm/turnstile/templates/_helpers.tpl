{{- define "turnstile.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "turnstile.releaseLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- /* Of (dict "root" $ "component" NAME). */ -}}
{{- define "turnstile.selectorLabels" -}}
{{ include "turnstile.releaseLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "turnstile.labels" -}}
{{ include "turnstile.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
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
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- /* The job's id: high availability finds its checkpoints by it. */ -}}
{{- define "turnstile.jobId" -}}
{{- printf "%s/%s/%d" .Release.Namespace (include "turnstile.fullname" .) (int .Values.job.generation) | sha256sum | trunc 32 -}}
{{- end -}}

{{- define "turnstile.bootstrapServers" -}}
{{- if .Values.devKafka.enabled -}}
{{ include "turnstile.fullname" . }}-kafka:9092
{{- else -}}
{{ .Values.kafka.bootstrapServers }}
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

{{- define "turnstile.podSecurity" -}}
runAsNonRoot: true
runAsUser: 9999
runAsGroup: 9999
fsGroup: 9999
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
    secretName: {{ . }}
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

{{- /* The container that creates and checks the topics. */ -}}
{{- define "turnstile.topicsContainer" -}}
name: topics
image: {{ include "turnstile.image" . }}
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
  - {{ printf "--input-config=%s=%s" $name $value | quote }}
  {{- end }}
  {{- range $name, $value := .Values.topics.verdictConfig }}
  - {{ printf "--verdict-config=%s=%s" $name $value | quote }}
  {{- end }}
  {{- if hasKey .Values.job.options "trust-producer-time" }}
  - --trust-producer-time
  {{- end }}
  - --timeout=2m
{{- include "turnstile.toolResources" . }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
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
{{- with .Values.storage.s3.credentialsSecret }}
{{- if .name }}
- name: AWS_ACCESS_KEY_ID
  valueFrom:
    secretKeyRef:
      name: {{ .name }}
      key: {{ .accessKeyKey }}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .name }}
      key: {{ .secretKeyKey }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "turnstile.flinkMounts" -}}
- name: config
  mountPath: /opt/flink/conf
  readOnly: true
- name: log
  mountPath: /opt/flink/log
- name: tmp
  mountPath: /tmp
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
{{- end -}}

{{- /* Of (dict "root" $ "scratch" SIZE). */ -}}
{{- define "turnstile.flinkVolumes" -}}
- name: config
  configMap:
    name: {{ include "turnstile.fullname" .root }}-flink
- name: log
  emptyDir:
    sizeLimit: 1Gi
- name: tmp
  emptyDir:
    sizeLimit: {{ .scratch }}
{{- if .root.Values.storage.persistentVolumeClaim.enabled }}
- name: state
  persistentVolumeClaim:
    claimName: {{ include "turnstile.stateClaim" .root }}
{{- end }}
{{- with .root.Values.tokens.jwksSecret.name }}
- name: jwks
  secret:
    secretName: {{ . }}
{{- end }}
{{- include "turnstile.kafkaVolumes" .root }}
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
  {{- toYaml . | nindent 2 }}
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
