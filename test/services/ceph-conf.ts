import { randomUUID } from 'node:crypto'

/** Where a Ceph for tests lies, and how it stores. */
export interface CephLayout {
  readonly folder: string
  /** Of radosgw. */
  readonly port: number
  readonly monitorPort: number
  /** `memstore`: in memory, gone with the process; `bluestore`: in one file. */
  readonly store: 'memstore' | 'bluestore'
  readonly gib: number
  /** Seconds that a lifecycle "day" lasts; real days when absent. */
  readonly dayOfSeconds?: number
}

/** The quiet subsystems: logging them costs half the processor time. */
const quiet =
  'lockdep context crush buffer timer objecter rados osd optracker objclass ms monc tp auth finisher heartbeatmap perfcounter asok throttle mon paxos rgw bluestore bluefs bdev rocksdb mgrc'

/** One monitor, one store, one gateway, all on 127.0.0.1 with cephx (radosgw refuses to start without). */
export function cephConf(o: CephLayout): string {
  const { folder, port, monitorPort, store } = o
  const bytes = o.gib * 2 ** 30
  return `[global]
fsid = ${randomUUID()}
mon_host = [v2:127.0.0.1:${monitorPort}]
public_network = 127.0.0.0/8
cluster_network = 127.0.0.0/8
ms_bind_ipv4 = true
ms_bind_msgr1 = false
ms_crc_data = false
${settings('auth', ['cluster_required', 'service_required', 'client_required'], 'cephx')}
${settings('ms', ['cluster_mode', 'service_mode', 'client_mode', 'mon_cluster_mode', 'mon_service_mode', 'mon_client_mode'], 'crc')}
keyring = ${folder}/keyring
run_dir = ${folder}
admin_socket = ${folder}/$name.$pid.asok
pid_file = ${folder}/$name.pid
log_file = ${folder}/$name.log
log_to_stderr = false
err_to_stderr = false
crash_dir = ${folder}
plugin_dir = /usr/lib/x86_64-linux-gnu/ceph
osd_class_dir = /usr/lib/x86_64-linux-gnu/rados-classes
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_data_avail_warn = 1
mon_data_avail_crit = 0
mon_cluster_log_to_file = false
${settings('debug', quiet.split(' '), '0/0')}
throttler_perf_counter = false
osd_enable_op_tracker = false
[mon]
mon_data = ${folder}/mon
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
mon_tick_interval = 1
auth_allow_insecure_global_id_reclaim = false
[osd]
osd_data = ${folder}/osd
osd_journal = ${folder}/osd/journal
osd_objectstore = ${store}
memstore_device_bytes = ${bytes}
memstore_page_size = 65536
bluestore_block_size = ${bytes}
bluestore_block_db_size = 0
bluestore_block_wal_size = 0
bluestore_fsck_on_mount = false
bluefs_buffered_io = true
osd_memory_target = 1073741824
osd_scrub_begin_hour = 0
osd_scrub_end_hour = 1
osd_op_queue = wpq
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:${port} tcp_nodelay=1
rgw_data = ${folder}/rgw
rgw_enable_apis = s3, admin
rgw_enable_usage_log = false
rgw_override_bucket_index_max_shards = 1
rgw_dynamic_resharding = false
rgw_run_sync_thread = false
rgw_rados_pool_pg_num_min = 4
rgw_init_timeout = 60
rgw_max_put_size = 10737418240
rgw_crypt_require_ssl = false
rgw_lc_debug_interval = ${o.dayOfSeconds ?? -1}
rgw_gc_obj_min_wait = 1
rgw_gc_processor_period = 5
rgw_gc_processor_max_time = 60
`
}

function settings(prefix: string, names: readonly string[], value: string): string {
  return names.map((name) => `${prefix}_${name} = ${value}`).join('\n')
}
