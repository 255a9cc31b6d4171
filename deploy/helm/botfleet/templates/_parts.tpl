{{- define "botfleet.labels" -}}
app.kubernetes.io/name: botfleet
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- /* Of a pod of `part`. Links would be variables such as BOTFLEET_API_PORT=tcp://…, which no part takes. */}}
{{- define "botfleet.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 60
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
topologySpreadConstraints: # two of a part fall with one machine only where there is no other
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {app.kubernetes.io/name: botfleet, botfleet/part: {{ .part }}}
{{- end }}

{{- define "botfleet.locked" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "botfleet.stores" -}}
- name: BOTFLEET_DATABASE_URL
  valueFrom: {secretKeyRef: {name: {{ .Values.secrets.stores }}, key: database-url}}
{{ include "botfleet.settings" . }}
{{- end }}
{{- define "botfleet.settings" -}}
- name: BOTFLEET_BROKER_URL
  valueFrom: {secretKeyRef: {name: {{ .Values.secrets.stores }}, key: broker-url}}
- name: BOTFLEET_POOL_URL
  valueFrom: {secretKeyRef: {name: {{ .Values.secrets.stores }}, key: pool-url}}
- {name: BOTFLEET_BUILD, value: {{ .Values.image.tag | quote }}}
- {name: BOTFLEET_MARKET, value: http}
- {name: BOTFLEET_MARKET_URL, value: {{ .Values.market.url | quote }}}
- name: BOTFLEET_MARKET_TOKEN
  valueFrom: {secretKeyRef: {name: {{ .Values.secrets.stores }}, key: market-token, optional: true}}
- {name: BOTFLEET_METRICS_HOST, value: "0.0.0.0"}
- {name: BOTFLEET_METRICS_PORT, value: {{ .Values.metricsPort | quote }}}
- {name: BOTFLEET_PODS, value: {{ .Values.pods | quote }}}
- {name: BOTFLEET_INSTANCES, value: {{ .Values.instances | quote }}}
- {name: BOTFLEET_USERS_PER_INSTANCE, value: {{ .Values.usersPerInstance | quote }}}
{{- end }}

{{- define "botfleet.brokers" -}}
- {name: BOTFLEET_VAULT_KEY_FILE, value: /etc/botfleet/vault.json}
- {name: BOTFLEET_BROKERS_PAPER, value: {{ .Values.brokers.paper | quote }}}
{{- range $broker := .Values.brokers.names }}
{{- range $half := list "id" "secret" }}
- name: BOTFLEET_{{ upper $broker }}_CLIENT_{{ upper $half }}
  valueFrom: {secretKeyRef: {name: {{ $.Values.secrets.brokers }}, key: {{ $broker }}-client-{{ $half }}}}
{{- end }}
{{- end }}
{{- end }}

{{- define "botfleet.volumes" -}}
- {name: home, emptyDir: {}}
- {name: tmp, emptyDir: {medium: Memory, sizeLimit: 64Mi}}
{{- end }}

{{- define "botfleet.mounts" -}}
- {name: home, mountPath: /var/lib/botfleet}
- {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "botfleet.vaultVolume" -}}
- {name: vault, secret: {secretName: {{ .Values.secrets.vault }}, defaultMode: 0400}}
{{- end }}

{{- define "botfleet.vaultMount" -}}
- {name: vault, mountPath: /etc/botfleet, readOnly: true}
{{- end }}

{{- /* Whether it answers, of which no store is asked: a store that is down is no reason to end a part. */}}
{{- define "botfleet.alive" -}}
livenessProbe:
  httpGet: {path: "/metrics?name[]=none", port: metrics}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
startupProbe:
  httpGet: {path: "/metrics?name[]=none", port: metrics}
  periodSeconds: 1
  timeoutSeconds: 5
  failureThreshold: 120
{{- end }}
