{{/* The name that all objects begin with. */}}
{{- define "pm.fullname" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* The labels of an object: (list CONTEXT COMPONENT). */}}
{{- define "pm.labels" -}}
{{- $context := index . 0 -}}
{{ include "pm.selector" . }}
app.kubernetes.io/version: {{ $context.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $context.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $context.Chart.Name ($context.Chart.Version | replace "+" "_") }}
{{- end -}}

{{/* The labels that pods are found by: (list CONTEXT COMPONENT). */}}
{{- define "pm.selector" -}}
{{- $context := index . 0 -}}
app.kubernetes.io/name: puppet-master
app.kubernetes.io/instance: {{ $context.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* An image of ours: (list CONTEXT NAME). */}}
{{- define "pm.image" -}}
{{- $context := index . 0 -}}
{{- with $context.Values.image.registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{ index . 1 }}:{{ default $context.Chart.AppVersion $context.Values.image.tag }}
{{- end -}}

{{- define "pm.tokenSecret" -}}
{{ default (printf "%s-api" (include "pm.fullname" .)) .Values.auth.existingSecret }}
{{- end -}}

{{- define "pm.couchdbSecret" -}}
{{ default (printf "%s-couchdb" (include "pm.fullname" .)) .Values.couchdb.existingSecret }}
{{- end -}}

{{- define "pm.rabbitmqSecret" -}}
{{ default (printf "%s-rabbitmq" (include "pm.fullname" .)) .Values.rabbitmq.existingSecret }}
{{- end -}}

{{/* Whether there is a token that may do everything. */}}
{{- define "pm.hasToken" -}}
{{- if or .Values.auth.existingSecret .Values.auth.apiToken }}yes{{ end -}}
{{- end -}}

{{- define "pm.couchdbHost" -}}
{{- if .Values.couchdb.bundled.enabled -}}
{{ include "pm.fullname" . }}-couchdb
{{- else -}}
{{ required "couchdb.host: name your CouchDB, or set couchdb.bundled.enabled=true to try the chart" .Values.couchdb.host }}
{{- end -}}
{{- end -}}

{{- define "pm.rabbitmqHost" -}}
{{- if .Values.rabbitmq.bundled.enabled -}}
{{ include "pm.fullname" . }}-rabbitmq
{{- else -}}
{{ required "rabbitmq.host: name your RabbitMQ, or set rabbitmq.bundled.enabled=true to try the chart" .Values.rabbitmq.host }}
{{- end -}}
{{- end -}}

{{/* A variable that comes out of a Secret: (list NAME SECRET KEY). */}}
{{- define "pm.secretEnv" -}}
- name: {{ index . 0 }}
  valueFrom:
    secretKeyRef:
      name: {{ index . 1 }}
      key: {{ index . 2 }}
{{- end -}}

{{/* What gateway and executor have in common. */}}
{{- define "pm.commonEnv" -}}
- name: QUEUE_HOST
  value: {{ include "pm.rabbitmqHost" . | quote }}
- name: QUEUE_PORT
  value: {{ .Values.rabbitmq.port | quote }}
- name: QUEUE_VHOST
  value: {{ .Values.rabbitmq.vhost | quote }}
- name: QUEUE_TLS
  value: {{ .Values.rabbitmq.tls | quote }}
{{- if .Values.rabbitmq.caSecret }}
- name: QUEUE_CA_FILE
  value: /etc/puppet-master/rabbitmq/ca.crt
{{- end }}
- name: QUEUE_TYPE
  value: {{ .Values.rabbitmq.queueType | quote }}
- name: JOBS_QUEUE
  value: {{ .Values.rabbitmq.jobsQueue | quote }}
- name: RESULTS_QUEUE
  value: {{ .Values.rabbitmq.resultsQueue | quote }}
{{ include "pm.secretEnv" (list "QUEUE_USERNAME" (include "pm.rabbitmqSecret" .) .Values.rabbitmq.usernameKey) }}
{{ include "pm.secretEnv" (list "QUEUE_PASSWORD" (include "pm.rabbitmqSecret" .) .Values.rabbitmq.passwordKey) }}
{{- if include "pm.filesUrl" . }}
- name: FILES_URL
  value: {{ include "pm.filesUrl" . | quote }}
{{- end }}
{{- end -}}

{{- define "pm.filesUrl" -}}
{{- if .Values.files.url -}}
{{ .Values.files.url }}
{{- else if .Values.files.persistence.enabled -}}
file:///var/lib/puppet-master/files
{{- end -}}
{{- end -}}

{{- define "pm.filesEnvFrom" -}}
{{- with .Values.files.existingSecret -}}
envFrom:
  - secretRef:
      name: {{ . }}
{{- end }}
{{- end -}}

{{/* Volumes and mounts that both services have. */}}
{{- define "pm.commonVolumes" -}}
{{- if .Values.files.persistence.enabled }}
- name: files
  persistentVolumeClaim:
    claimName: {{ default (printf "%s-files" (include "pm.fullname" .)) .Values.files.persistence.existingClaim }}
{{- end }}
{{- with .Values.rabbitmq.caSecret }}
- name: rabbitmq-ca
  secret:
    secretName: {{ . }}
{{- end }}
{{- end -}}

{{- define "pm.commonMounts" -}}
{{- if .Values.files.persistence.enabled }}
- name: files
  mountPath: /var/lib/puppet-master/files
{{- end }}
{{- if .Values.rabbitmq.caSecret }}
- name: rabbitmq-ca
  mountPath: /etc/puppet-master/rabbitmq
  readOnly: true
{{- end }}
{{- end -}}

{{/* Settings that have no value of their own in values.yaml. */}}
{{- define "pm.settings" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}

{{/* What the container of a service may do. */}}
{{- define "pm.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Labels and annotations of a service's pods: (list CONTEXT COMPONENT). */}}
{{- define "pm.podMetadata" -}}
{{- $context := index . 0 -}}
{{- $values := index $context.Values (index . 1) -}}
labels:
  {{- include "pm.labels" . | nindent 2 }}
  {{- with $values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  # A change of the secrets that the chart makes starts new pods.
  checksum/secrets: {{ include (print $context.Template.BasePath "/secrets.yaml") $context | sha256sum }}
  {{- with $values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* The user that a pod runs as: its number. */}}
{{- define "pm.podUser" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
{{- end -}}

{{/* On which nodes a service's pods may be: its values. */}}
{{- define "pm.nodes" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What every pod of ours has: (list CONTEXT COMPONENT). */}}
{{- define "pm.pod" -}}
{{- $context := index . 0 -}}
serviceAccountName: {{ include "pm.fullname" $context }}
automountServiceAccountToken: {{ $context.Values.serviceAccount.automountToken }}
# Variables of Services, such as RABBITMQ_PORT=tcp://…, have no business among our settings.
enableServiceLinks: false
{{- with $context.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $context.Values.topologySpread }}
topologySpreadConstraints:
  {{- range . }}
  - {{ toYaml . | nindent 4 | trim }}
    labelSelector:
      matchLabels:
        {{- include "pm.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- end -}}
